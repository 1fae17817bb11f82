import { randomBytes } from 'node:crypto';
import { loadConfig } from '../app/config.js';
import { withDatabase } from '../app/with-app.js';
import { Problem } from '../lib/problem.js';
import { keyUses } from '../store/accounts/key-use.js';
import { newWrappedKey } from '../platform/key-wrapping.js';

/** Prints a new entry for `CREDENTIAL_KEYS`; with `kms`, one that only AWS KMS can unwrap. */
export async function newKey(options: { id: string; kms?: string }): Promise<void> {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(options.id)) {
    throw new Problem({
      code: 'key-id-wrong',
      message: `"${options.id}" cannot be a key's id.`,
    });
  }
  const entry = options.kms
    ? await newWrappedKey(options.id, options.kms)
    : `${options.id}:${randomBytes(32).toString('base64')}`;
  process.stdout.write(`${entry}\n`);
}

/** Lists the keys, how many records each seals, and which can be removed. */
export async function listKeys(options: { json?: boolean }): Promise<void> {
  const { credentialKeys, databaseUrl } = loadConfig(process.env);
  // Needs only the ids: the keys themselves are not opened.
  const ids = credentialKeys
    .open()
    .split(',')
    .map((entry) => entry.trim().split(':')[0] ?? '');
  const uses = await withDatabase(databaseUrl, keyUses);
  const unused = { passwords: 0, graces: 0, keys: 0 };
  const known = ids.map((keyId, at) => {
    const use = uses.find((one) => one.keyId === keyId) ?? { keyId, ...unused };
    const idle = use.passwords + use.graces + use.keys === 0;
    return { ...use, current: at === 0, mayBeDropped: at > 0 && idle, missing: false };
  });
  const missing = uses
    .filter(({ keyId }) => !ids.includes(keyId))
    .map((use) => ({ ...use, current: false, mayBeDropped: false, missing: true }));
  const all = [...known, ...missing];
  process.stdout.write(options.json ? `${JSON.stringify(all, null, 2)}\n` : all.map(lineOf).join(''));
  if (missing.length === 0) return;
  throw new Problem({
    code: 'credential-key-missing',
    message: `Records are sealed with ${missing.map(({ keyId }) => `"${keyId}"`).join(', ')}, which CREDENTIAL_KEYS does not contain.`,
  });
}

function lineOf(use: {
  keyId: string;
  passwords: number;
  graces: number;
  keys: number;
  current: boolean;
  mayBeDropped: boolean;
  missing: boolean;
}): string {
  const what = use.current
    ? 'seals'
    : use.missing
      ? 'MISSING'
      : use.mayBeDropped
        ? // A new key after the current one seals nothing yet, either.
          'can be removed, or put first'
        : 'still needed';
  return `${use.keyId.padEnd(12)} ${what.padEnd(28)} ${use.passwords} passwords, ${use.graces} grace periods, ${use.keys} keys\n`;
}
