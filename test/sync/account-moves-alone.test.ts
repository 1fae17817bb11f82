import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Client } from '../../src/domain/client/client.js';
import { loadProfile } from '../../src/store/accounts/account-profile.js';
import { client, pims } from './support/pims.js';
import { stage, type Stage } from './support/stage.js';

const shared = 'home@post.example';
const others = Array.from({ length: 8 }, (_, n) => client(n + 3));
const ann = client(1, { emails: [shared] });
const una = client(2, { emails: [shared] });
const annMoved = { ...ann, emails: ['ann.new@post.example'] };

describe('sync: an unused account of two clients, one of which gets another address', () => {
  let s: Stage;
  beforeEach(async () => {
    s = await stage();
    await s.sync(pims([ann, una, ...others]));
  });
  afterEach(() => s.test.drop());

  const shownAt = async (email: string) => {
    const account = (await s.table('accounts')).find((row) => row['email_key'] === email);
    const profile = account && (await loadProfile(s.test.db, account['id'] as string));
    return profile?.pets.map(({ name }) => name);
  };

  it.each<[string, Client[]]>([
    ['missing', []],
    ['deleted', [{ ...una, deleted: true }]],
  ])('shows the new address nothing of the other client, who is %s meanwhile', async (_, meanwhile) => {
    await s.sync(pims([annMoved, ...meanwhile, ...others]));
    expect(await shownAt('ann.new@post.example')).toEqual(['Rex1']);
    s.deps.onProgress = async () => expect(await shownAt('ann.new@post.example')).toEqual(['Rex1']);
    await s.sync(pims([annMoved, una, ...others]));
    expect(await shownAt('ann.new@post.example')).toEqual(['Rex1']);
    expect(await shownAt(shared)).toEqual(['Rex2']);
    expect(await s.broken()).toEqual([]);
  });
});
