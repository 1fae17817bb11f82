interface Filter {
  name: string;
  href: string;
  isCurrent: boolean;
  count?: string;
}

/** The filters of a list; exactly one is current, unless the list shows search results. */
export function Filters({ label, filters }: { label: string; filters: readonly Filter[] }) {
  return (
    <nav class="filters" aria-label={label}>
      {filters.map(({ name, href, isCurrent, count }) => (
        <a key={name} href={href} aria-current={isCurrent ? 'true' : undefined}>
          {name}
          {count === undefined ? null : [' ', <span class="count">{count}</span>]}
        </a>
      ))}
    </nav>
  );
}

/** Links to the first and the next page of a list. */
export function Pager(props: {
  first: string | null;
  next: string | null;
  nextName?: string;
  /** Entries that the page's script collects by following the next link. */
  lookFurther?: number | undefined;
}) {
  return (
    <nav class="pager" aria-label="Pages">
      {props.first ? (
        <a class="button" href={props.first}>
          First page
        </a>
      ) : null}
      {props.next ? (
        <a class="button" rel="next" href={props.next} data-look-further={props.lookFurther}>
          {props.nextName ?? 'Next page'}
        </a>
      ) : null}
    </nav>
  );
}
