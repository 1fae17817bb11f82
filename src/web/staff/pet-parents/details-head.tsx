import type { ComponentChildren } from 'preact';
import { practiceQuery, withQuery } from '../shell/routes.js';
import type { StaffRequest } from '../shell/staff-session.js';

/** The head of a page one step below a tab: the way back, and what the page is about. */
export function DetailsHead(props: {
  staffRequest: StaffRequest;
  parent: { name: string; href: string };
  here?: string;
  title: string;
  /** Beside the title: where else one can go from here. */
  action?: ComponentChildren;
  children: ComponentChildren;
}) {
  return (
    <>
      <nav class="crumbs" aria-label="You are here">
        <a href={withQuery(props.parent.href, practiceQuery(props.staffRequest))}>{props.parent.name}</a>
        <span aria-hidden="true"> / </span>
        <span>{props.here ?? 'View Details'}</span>
      </nav>
      <div class="page-head">
        <div>
          <h1>{props.title}</h1>
          <p class="lead">{props.children}</p>
        </div>
        {props.action}
      </div>
    </>
  );
}
