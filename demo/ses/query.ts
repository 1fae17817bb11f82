import { SesRefusal } from './refusal.js';

/** The parameters of one call in the Query protocol (`Tags.member.1.Name=...&...`). */
export interface Query {
  get(name: string): string | undefined;
  /** Returns the values of `<name>.member.1`, `.2` and so on. */
  list(name: string): string[];
  /** Returns the structures of a list such as `Tags`, each with the values of the named fields. */
  structs<Field extends string>(name: string, fields: readonly Field[]): Record<Field, string>[];
}

/** Parses a form-encoded body. @throws SesRefusal if it is malformed */
export function readQuery(body: string): Query {
  const values = new Map<string, string>();
  for (const pair of body.split('&')) {
    const cut = pair.indexOf('=');
    if (cut > 0) values.set(decoded(pair.slice(0, cut)), decoded(pair.slice(cut + 1)));
  }
  return {
    get: (name) => values.get(name),
    list(name) {
      const found: string[] = [];
      for (let n = 1; ; n += 1) {
        const value = values.get(`${name}.member.${n}`);
        if (value === undefined) return found;
        found.push(value);
      }
    },
    structs(name, fields) {
      const found: Record<(typeof fields)[number], string>[] = [];
      for (let n = 1; ; n += 1) {
        const parts = fields.map((field) => [field, values.get(`${name}.member.${n}.${field}`)] as const);
        if (parts.every(([, value]) => value === undefined)) return found;
        found.push(Object.fromEntries(parts.map(([field, value]) => [field, value ?? ''])) as (typeof found)[number]);
      }
    },
  };
}

function decoded(text: string): string {
  try {
    const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
    // An email is about 12 kB of base64 with only three characters to decode; decoding each character takes far longer.
    const undone = spaced.replace(/%2B/g, '+').replace(/%2F/g, '/').replace(/%3D/g, '=');
    return undone.includes('%') ? decodeURIComponent(undone) : undone;
  } catch {
    throw new SesRefusal('malformed-request', 'MalformedQueryString', 'The query string is malformed.');
  }
}
