import { readFileSync } from 'node:fs';
import { parse, YAMLParseError } from 'yaml';

/** Reads a YAML file; adds its error to `problems`. */
export function readFile(file: string, problems: string[]): Record<string, unknown> {
  try {
    const document: unknown = parse(readFileSync(file, 'utf8'), { prettyErrors: true });
    if (document === null) return {};
    if (typeof document !== 'object' || Array.isArray(document)) {
      problems.push(`${file} must contain settings such as "publicUrl: ...".`);
      return {};
    }
    return document as Record<string, unknown>;
  } catch (error) {
    if (error instanceof YAMLParseError) {
      const { line, col } = error.linePos?.[0] ?? { line: '?', col: '?' };
      // The library's message quotes the line, which may contain a password.
      problems.push(`${file}, line ${line}, column ${col}: not valid YAML (${error.code}).`);
    } else {
      const { code } = error as { code?: string };
      problems.push(
        `${file} cannot be read (${code}). Set PIMS_SYNC_CONFIG to an existing file; config/ contains examples.`,
      );
    }
    return {};
  }
}

/** Replaces `${NAME}` by the environment variable's value; `$${` is an escaped `${`. */
export function fillIn(
  value: unknown,
  env: Readonly<Record<string, string | undefined>>,
  path: string[],
  found: { problems: string[]; unset: Set<string> },
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (whole, name: string) => {
      if (whole.startsWith('$$')) return whole.slice(1);
      if (env[name] === undefined) {
        found.unset.add(path.join('.'));
        found.problems.push(`${path.join('.')} uses \${${name}}, which is not set in the environment.`);
      }
      return env[name] ?? '';
    });
  }
  if (Array.isArray(value)) {
    return value.map((item: unknown, at) => {
      const list = `${path.at(-1)}[${idOf(item) ?? at}]`;
      return fillIn(item, env, [...path.slice(0, -1), list], found);
    });
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, fillIn(item, env, [...path, key], found)]),
    );
  }
  return value;
}

/** Returns the id of a practice in a configuration file; undefined if it has none. */
export function idOf(practice: unknown): string | undefined {
  const { id } = (practice ?? {}) as { id?: unknown };
  return typeof id === 'string' ? id : undefined;
}
