// Prints the CREDENTIAL_KEYS kept in a file, which is made on first use and readable by its owner alone. Kept, for
// what was sealed yesterday must still open today. For demos; a production key comes from the operator.
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
