import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const office = 'none@smith.example';

describe('a policy that changes its mind about an address', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
  });
  afterEach(() => s.test.drop());

  const keys = async () => new Set((await s.table('pims_clients')).map((row) => row['email_key']));
  const reasons = async () => new Set((await s.table('pims_clients')).map((row) => row['reason']));

  it('counts everyone who has it, so that ten clients do not come to one account', async () => {
    const rows = pims(Array.from({ length: 10 }, (_, n) => client(n + 1, { emails: [office] })));
    await s.sync(rows);
    expect([await reasons(), await keys()]).toEqual([new Set(['placeholder-email']), new Set([null])]);
    await s.settle(rows, { welcome: 'automatic', realAddresses: [office] });
    expect([await reasons(), await keys()]).toEqual([new Set(['shared-by-too-many']), new Set([office])]);
    expect(await s.table('accounts')).toEqual([]);
    // And back again.
    await s.settle(rows);
    expect([await reasons(), await keys()]).toEqual([new Set(['placeholder-email']), new Set([null])]);
  });

  it('invites the few who have it, and finds them by it', async () => {
    const rows = pims([client(1, { emails: [office] }), client(2)]);
    await s.sync(rows);
    await s.settle(rows, { welcome: 'automatic', realAddresses: [office] });
    expect((await s.table('accounts')).map((row) => row['email'])).toContain(office);
    expect(await keys()).toEqual(new Set([office, 'ann2@post.example']));
    expect(await s.broken()).toEqual([]);
  });
});
