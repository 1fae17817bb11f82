import type { ComponentChildren } from 'preact';
import { practiceQuery, withQuery } from '../shell/routes.js';
import type { StaffRequest } from '../shell/staff-session.js';

/** Head of a page one level below a tab: breadcrumbs, title and introduction. */
export function DetailsHead(props: {
  staffRequest: StaffRequest;
  parent: { name: string; href: string };
  here?: string;
  title: string;
  /** Link or button beside the title. */
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
