import type { Page } from '../../contract.js';
import { limitOf, openCase, opened, read } from '../bench.js';
import type { ConformanceCase, Subject } from '../subject.js';
import { differsAt, must } from '../verdict.js';

export function pagingCases(subject: Subject): ConformanceCase[] {
  const { settings, expected, empty } = subject;
  const limit = limitOf(subject);
  return [
    openCase(subject, 'reads every client once and ends with a page whose cursor is null', async ({ connector }) => {
      const counts = { clients: 0, pets: 0, unreadable: 0 };
      const seen = new Set<string>();
      const visit = (page: Page): void => {
        for (const client of page.clients) {
          must(!seen.has(client.pimsId), `Client ${client.pimsId} comes twice.`);
          seen.add(client.pimsId);
          counts.clients++;
          counts.pets += client.pets.length;
        }
        counts.unreadable += page.unreadable.length;
      };
      await read(subject, connector, { visit });
      for (const what of ['clients', 'pets', 'unreadable'] as const) {
        const wanted = expected?.[what] ?? counts[what];
        must(counts[what] === wanted, `The read returned ${counts[what]} ${what} of ${wanted}.`);
      }
    }),
    {
      name: 'returns the same clients in the same order when read again',
      async run() {
        const first = await opened(subject, settings, ({ connector }) => read(subject, connector, { atMost: limit }));
        await opened(subject, settings, async ({ connector }) => {
          for (const again of [1, 2]) {
            const { clients } = await read(subject, connector, { atMost: limit });
            const differs = differsAt(clients.slice(0, limit), first.clients.slice(0, limit));
            must(differs === null, `Reading number ${again + 1} differs from the first at ${differs}.`);
          }
        });
      },
    },
    openCase(subject, 'loses and repeats no client at page boundaries, for any page size', async ({ connector }) => {
      const reference = await read(subject, connector, { atMost: limit });
      const ids = reference.clients.slice(0, limit).map((client) => client.pimsId);
      for (const pageSize of sizesFor(ids.length)) {
        const { clients } = await read(subject, connector, { pageSize, atMost: limit });
        const got = clients.slice(0, limit).map((client) => client.pimsId);
        const at = ids.findIndex((id, index) => got[index] !== id);
        const place = `with pages of ${pageSize}, at client ${at + 1}`;
        must(
          at === -1 || got.length >= ids.length,
          `Clients are missing ${place}: the read returned ${got.length} of ${ids.length}.`,
        );
        must(at === -1, `${got.indexOf(got[at]!) < at ? 'A client is repeated' : 'The order changes'} ${place}.`);
        must(
          got.length === ids.length,
          `With pages of ${pageSize}, the read returned ${got.length} clients, not ${ids.length}.`,
        );
      }
    }),
    {
      name: 'continues from every cursor, also in a new connection and with another page size',
      async run() {
        const atMost = Math.min(limit, 50);
        const first = await opened(subject, settings, ({ connector }) =>
          read(subject, connector, { pageSize: 3, atMost }),
        );
        const ids = first.clients.map((client) => client.pimsId);
        let behind = 0;
        for (const { clients, cursor } of first.pages) {
          behind += clients.length;
          if (cursor === null) continue;
          const rest = await opened(subject, settings, ({ connector }) =>
            read(subject, connector, { cursor, pageSize: 4, atMost: ids.length - behind }),
          );
          const got = rest.clients.map((client) => client.pimsId).slice(0, ids.length - behind);
          must(differsAt(got, ids.slice(behind)) === null, `The cursor after client ${behind} leads to other clients.`);
        }
      },
    },
    openCase(subject, 'returns cursors that can be stored', async ({ connector }) => {
      const { pages } = await read(subject, connector, { pageSize: 1, atMost: 5 });
      for (const { cursor } of pages) {
        if (cursor === null) continue;
        must(typeof cursor === 'string' && cursor !== '', 'A cursor is not a text.');
        must(cursor.length <= 1000, `A cursor of ${cursor.length} characters is too long to store (1000).`);
        must(!/[\p{Cc}\p{Surrogate}]/u.test(cursor), 'A cursor holds a control character or half a character.');
      }
    }),
    openCase(
      subject,
      'reads a source without clients as one last page',
      async ({ connector }) => {
        const { pages, clients } = await read(subject, connector);
        must(clients.length === 0, 'The read of a source without clients returned clients.');
        must(pages.length === 1, `The read returned ${pages.length} pages, not one.`);
      },
      { settings: empty, needs: empty === undefined && 'the subject has no empty source' },
    ),
  ];
}

/** Page sizes that reveal off-by-one errors: small ones, and those that divide the source evenly or nearly. */
function sizesFor(count: number): number[] {
  const sizes = [1, 2, 3, 5, 7, count >> 1, count - 1, count, count + 1, 5000];
  return [...new Set(sizes)].filter((size) => size >= 1 && size <= 5000);
}
