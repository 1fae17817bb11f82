import type { Client } from '../../../domain/client/client.js';
import { clientShape, unreadableShape } from '../../shape.js';
import { limitOf, opened, read, type Reading } from '../bench.js';
import { mustNotTell } from '../secrets.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { must } from '../verdict.js';

export function shapeCases(subject: Subject): ConformanceCase[] {
  const look = (inspect: (reading: Reading) => void) => () =>
    opened(subject, subject.settings, async ({ connector }) =>
      inspect(await read(subject, connector, { atMost: limitOf(subject) * 5 })),
    );
  return [
    {
      name: 'returns clients and pets of the agreed shape, with no member missing or added',
      run: look(({ clients }) => {
        for (const one of clients) {
          const issue = clientShape.safeParse(one).error?.issues[0];
          // Shows only zod's message, which names types and never the value.
          must(!issue, `Client ${one.pimsId}, ${issue?.path.join('.')}: ${issue?.message}.`);
        }
      }),
    },
    {
      name: 'returns clean text: no padding, control characters or half characters, and null instead of empty text',
      run: look(({ clients }) => {
        for (const [path, value] of clients.flatMap(texts)) {
          must(value !== '', `${path} is an empty text, not null.`);
          must(!/[^\P{Cc}\t\r\n]/u.test(value), `${path} holds a control character: NUL, or C1 of a wrong encoding.`);
          must(!/\p{Surrogate}/u.test(value), `${path} holds half a character (a lone surrogate).`);
          must(value.trim() === value, `${path} is padded with space.`);
        }
      }),
    },
    {
      name: 'returns calendar dates that exist, and null for a zero date',
      run: look(({ clients }) => {
        for (const [path, value] of clients.flatMap(texts)) {
          if (!/(On)$/.test(path)) continue;
          must(/^\d{4}-\d{2}-\d{2}$/.test(value), `${path} is not YYYY-MM-DD.`);
          const day = new Date(`${value}T00:00:00Z`);
          must(
            !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value),
            `${path} is a day that does not exist.`,
          );
          must(value > '1900-01-01', `${path} is the zero date of some system, which means no date.`);
        }
      }),
    },
    {
      name: 'says which clients each unreadable row may belong to, or that it may be any client',
      run: look(({ pages, clients }) => {
        const seen = new Set(clients.map(({ pimsId }) => pimsId));
        for (const { reference, mayBe } of pages.flatMap((page) => page.unreadable))
          must(
            mayBe !== undefined || seen.has(reference),
            'An unreadable row has no mayBe. Add the keys of the clients that it may belong to, or null if they are unknown.',
          );
      }),
    },
    {
      name: 'reports only the place and the reason of an unreadable row',
      run: look(({ pages }) => {
        for (const one of pages.flatMap((page) => page.unreadable)) {
          const issue = unreadableShape.safeParse(one).error?.issues[0];
          must(!issue, `unreadable.${issue?.path.join('.')}: ${issue?.message}.`);
          mustNotTell(subject, 'An unreadable row', one);
        }
      }),
    },
  ];
}

/** Returns every text of a client with its path, such as `client 17 pets.0.name`. */
function texts(one: Client): [path: string, value: string][] {
  const found: [string, string][] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string') found.push([`client ${one.pimsId} ${path}`, value]);
    else if (value !== null && typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(one, '');
  return found;
}
