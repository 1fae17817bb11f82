import type { ComponentChildren } from 'preact';
import { PageHead } from '../../ui/page-head.js';
import { useLink } from './staff-context.js';

/** Head of a page one level below a tab: breadcrumbs, title and introduction. */
export function DetailsHead(props: {
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
        <a href={useLink()(props.parent.href)}>{props.parent.name}</a>
        <span aria-hidden="true"> / </span>
        <span>{props.here ?? 'View Details'}</span>
      </nav>
      <PageHead title={props.title} lead={props.children}>
        {props.action}
      </PageHead>
    </>
  );
}
