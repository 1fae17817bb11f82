import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { defineConnector, type Connector, type Page } from '../../src/connectors/index.js';
import { openConnector } from '../../src/connectors/registry.js';
import type { Client } from '../../src/domain/client/client.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

/** Returns the same rows from a connector that is not built in. */
function cloudy(rows: Client[], unreadable: Page['unreadable'] = []): Promise<Connector> {
  const source = pims(rows, {}, 1000);
  const definition = defineConnector({
    name: 'cloudy',
    summary: 'Clouds',
    settings: z.object({}),
    open: () =>
      Promise.resolve({
        ...source,
        async *clients(options) {
          for await (const page of source.clients(options)) yield { ...page, unreadable };
        },
      }),
  });
  return openConnector(definition, {}, { practiceId: 'elm', timeZone: 'UTC', baseDir: '/', log: () => undefined });
}

const falseAsZero = { inactive: 0, deleted: 0 } as unknown as Partial<Client>;

describe('sync: a connector that is not built in', () => {
  let elm: Stage;
  const rows = Array.from({ length: 400 }, (_, n) => client(n + 1));
  const queued = async () =>
    (await elm.table('messages')).filter(({ state }) => !['canceled', 'canceled'].includes(state as string)).length;
  beforeAll(async () => {
    elm = await stage();
    await elm.sync(await cloudy(rows));
  }, 120_000);
  afterAll(() => elm.test.drop());

  it('untrusted connector: recalls no email if it returns 0 for false, and fails with the connector and the member', async () => {
    expect(await queued()).toBe(400);
    const { runId } = await elm.enqueue();
    const wrong = await cloudy(rows.map((row) => ({ ...row, ...falseAsZero })));
    await expect(elm.go(runId, wrong, undefined, true)).rejects.toMatchObject({
      code: 'pims-read-failed',
      message: 'Connector cloudy gave 400 of 400 rows in a wrong shape: inactive is not true or false.',
    });
    expect(await queued()).toBe(400);
    const run = await elm.test.db.selectFrom('sync_runs').selectAll().where('id', '=', runId).executeTakeFirstOrThrow();
    expect([run.state, run.error_message]).toEqual(['failed', expect.stringContaining('cloudy')]);
    expect(await elm.missing()).toEqual([]);
  }, 120_000);

  it('untrusted connector: a few wrong rows are a few unreadable clients, and no client is missing', async () => {
    const some = rows.map((row, n) => (n % 100 === 0 ? { ...row, ...falseAsZero } : row));
    const run = await elm.sync(await cloudy(some));
    expect(run.counts).toMatchObject({ read: 396, unreadable: 4, hidden: 0, missing: 0 });
    expect([await queued(), await elm.missing()]).toEqual([400, []]);
  }, 120_000);

  it('untrusted connector: an unreadable row without a key marks no client as missing', async () => {
    const row = { reference: 'contacts, row 20', reason: 'it has no id' };
    const run = await elm.sync(await cloudy(rows.slice(1), [row]));
    expect([run.counts.hidden, await elm.missing()]).toEqual([1, []]);
  }, 120_000);

  it('untrusted connector: a reference that is a known key means that client', async () => {
    const row = { reference: rows[0]!.pimsId, reason: 'its name is no text' };
    const run = await elm.sync(await cloudy(rows.slice(2), [row]));
    expect([run.counts.hidden, await elm.missing()]).toEqual([0, [rows[1]!.pimsId]]);
  }, 120_000);
});
