// Prints the CREDENTIAL_KEYS kept in a file, which is created on first use and readable by its owner only. The keys are
// kept, because passwords sealed yesterday must still open today. For demos; the operator provides production keys.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const file = process.argv[2];
try {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, `k1:${randomBytes(32).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
} catch (error) {
  if (error.code !== 'EEXIST') throw error;
}
process.stdout.write(readFileSync(file, 'utf8'));
