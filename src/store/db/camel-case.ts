type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

/** A row with the names that callers of the store use: `practiceId` instead of `practice_id`. */
export type CamelCased<Row> = { [Name in keyof Row as Name extends string ? Camel<Name> : Name]: Row[Name] };

/** Returns a row with its columns renamed. For rows of a page; a sync maps its thousands of rows by hand. */
export function camelCased<Row extends object>(row: Row): CamelCased<Row> {
  const fields = Object.entries<unknown>(row as Record<string, unknown>).map(([name, value]) => [
    name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
    value,
  ]);
  return Object.fromEntries(fields) as CamelCased<Row>;
}
