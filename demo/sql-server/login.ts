import type { Channel } from './channel.js';
import { SqlError, sqlErrors } from './sql-error.js';
import type { MaySee } from './sql/catalog.js';
import { sameName } from './sql/tokens.js';
import { changeOf, doneStatus, writeDone, writeError, writeLoginAck, writeChange } from './wire/answer.js';
import { ByteWriter } from './wire/bytes.js';
import { messageType } from './wire/packets.js';

/** A login with read access only. */
interface TdsUser {
  name: string;
  password: string;
  /** Table -> columns that the login may not read, or `*` for the whole table. */
  denied?: Record<string, string[] | '*'>;
}

/** A client after its login. */
export interface Login {
  user: string;
  database: string;
  /** Name of the MariaDB database behind `database`. */
  backingDatabase: string;
  maySee: MaySee;
}

/** Decides about logins. */
export interface LoginRules {
  /** Database name that clients use -> MariaDB database behind it. */
  databases: Record<string, string>;
  users: TdsUser[];
  faults: { refuseLogins: boolean };
}

/** Answers LOGIN7: welcomes the client, or refuses it, closes the connection and returns null. */
export function answerLogin(body: Buffer, channel: Channel, rules: LoginRules): Login | null {
  const request = readLogin(body);
  const login = verify(request, rules);
  const out = new ByteWriter(512);
  if (login instanceof SqlError) {
    // A database that cannot be opened fails the login too, and a server reports both errors.
    if (login.number !== 18456) writeError(out, login);
    writeError(out, sqlErrors.loginFailed(request.user));
    writeDone(out, doneStatus.error);
    channel.send(messageType.answer, out.take());
    channel.end();
    return null;
  }
  writeChange(out, changeOf.database, login.database, 'master');
  writeLoginAck(out);
  writeChange(out, changeOf.packetSize, String(request.packetSize), '4096');
  writeDone(out, doneStatus.final);
  channel.send(messageType.answer, out.take());
  // The new size applies from the next message on.
  channel.packetSize = request.packetSize;
  return login;
}

function verify(
  { user: name, password, database: wanted }: ReturnType<typeof readLogin>,
  rules: LoginRules,
): Login | SqlError {
  const user = rules.users.find((each) => sameName(each.name, name));
  if (rules.faults.refuseLogins || user?.password !== password) return sqlErrors.loginFailed(name);
  const databases = Object.entries(rules.databases);
  const found = wanted ? databases.find(([each]) => sameName(each, wanted)) : databases[0];
  if (found === undefined) return sqlErrors.noDatabase(wanted);
  return { user: user.name, database: found[0], backingDatabase: found[1], maySee: accessOf(user) };
}

function accessOf({ denied = {} }: TdsUser): MaySee {
  return (table, column = '') => {
    const columns = Object.entries(denied).find(([name]) => sameName(name, table))?.[1] ?? [];
    return columns !== '*' && !columns.some((each) => sameName(each, column));
  };
}

/** Reads LOGIN7 (MS-TDS 2.2.6.4): fixed fields, then offsets and lengths of the texts. */
function readLogin(body: Buffer): { user: string; password: string; database: string; packetSize: number } {
  const bytes = (at: number): Buffer => {
    const [offset, length] = [body.readUInt16LE(at), body.readUInt16LE(at + 2) * 2];
    return body.subarray(offset, offset + length);
  };
  return {
    // Both sides use this size from the answer on; SQL Server accepts 512 to 32767 bytes.
    packetSize: Math.min(32767, Math.max(512, body.readUInt32LE(8) || 4096)),
    user: bytes(40).toString('utf16le'),
    password: unscramble(bytes(44)).toString('utf16le'),
    database: bytes(68).toString('utf16le'),
  };
}

/** Decodes a login's password: nibbles swapped and XORed with 0xA5, which obfuscates but does not protect it. */
function unscramble(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (((byte ^ 0xa5) << 4) & 0xf0) | ((byte ^ 0xa5) >> 4)));
}
