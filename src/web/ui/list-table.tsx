import type { ComponentChildren } from 'preact';

/**
 * A list of the console; the last column is the action. On a phone each row becomes a card, and the ARIA roles keep it a
 * table for screen readers. Rows are `Row`s of `HeadCell`, `Cell`s and `ActionCell`.
 */
export function ListTable(props: { caption: string; heads: readonly string[]; children: ComponentChildren }) {
  return (
    <table class="list" role="table">
      <caption class="hidden">{props.caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {props.heads.map((head) => (
            <th key={head} role="columnheader" scope="col">
              {head}
            </th>
          ))}
          <th role="columnheader" scope="col" class="action">
            Action
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">{props.children}</tbody>
    </table>
  );
}

export function Row({ children }: { children: ComponentChildren }) {
  return <tr role="row">{children}</tr>;
}

/** Row header. */
export function HeadCell({ children }: { children: ComponentChildren }) {
  return (
    <th role="rowheader" scope="row" class="who">
      {children}
    </th>
  );
}

export function Cell(props: { class?: string; children: ComponentChildren }) {
  return (
    <td role="cell" class={props.class}>
      {props.children}
    </td>
  );
}

/** @param of names the row for screen readers: "of Ada Lovelace" */
export function ActionCell({ href, of }: { href: string; of: string }) {
  return (
    <td role="cell" class="action">
      <a class="button button-small" href={href}>
        View Details
        <span class="hidden"> {of}</span>
      </a>
    </td>
  );
}
