import type { ComponentChildren } from 'preact';

/** Title of a console page, with an introduction and a link or button beside it. */
export function PageHead(props: { title: string; lead?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="page-head">
      <div>
        <h1>{props.title}</h1>
        {props.lead ? <p class="lead">{props.lead}</p> : null}
      </div>
      {props.children}
    </div>
  );
}
