import type { Backing } from './backing.js';
import type { Certificate } from './certificate.js';
import type { Channel } from './channel.js';
import type { FaultSwitch } from './faults.js';
import { SqlError, sqlErrors } from './sql-error.js';
import type { Catalog } from './sql/catalog.js';
import type { SessionFacts } from './sql/functions.js';
import type { Access } from './sql/translation.js';
import {
  changeOf,
  doneStatus,
  writeByteChange,
  writeDone,
  writeError,
  writeInfo,
  writeLoginAck,
  writeTextChange,
} from './wire/answer.js';
import { ByteWriter } from './wire/bytes.js';
import { readLogin } from './wire/login.js';
import type { Login } from './wire/login.js';
import { messageType } from './wire/packets.js';
import type { Message } from './wire/packets.js';
import { agreeOnEncryption, encryption, preloginAnswer, readPrelogin, type Encryption } from './wire/prelogin.js';
import { collation } from './wire/type-info.js';

/** A login with read access only. */
export interface TdsUser {
  name: string;
  password: string;
  /** The database of a login that names none; by default the first one. */
  database?: string;
  /** Table -> columns that the login may not read, or `*` for the whole table. */
  denied?: Record<string, string[] | '*'>;
}

/** The state that all sessions share. */
export interface Host {
  mysqlUrl: string;
  /** T-SQL database name -> MariaDB database name. */
  databases: Record<string, string>;
  users: TdsUser[];
  encryption: Encryption;
  certificate: Certificate;
  faults: FaultSwitch;
  clock(): Pick<SessionFacts, 'now' | 'offset'>;
  catalogOf(database: string, backing: Backing, fresh: boolean): Promise<Catalog>;
  note(statement: LoggedStatement): void;
}

/** An executed statement, with the tables and columns that it read. */
export interface LoggedStatement {
  sql: string;
  user: string;
  database: string;
  tables: string[];
  /** `TABLE.COLUMN` for every column that the statement names anywhere, WHERE and ORDER BY included. */
  columns: string[];
}

export interface Admitted extends Pick<SessionFacts, 'database' | 'user' | 'host' | 'application'> {
  backingDatabase: string;
  access: Access;
}

/** Handles PRELOGIN and LOGIN7; returns the session once it is logged in, null before. */
export function admit(message: Message, channel: Channel, host: Host): Admitted | null {
  if (message.type === messageType.prelogin) {
    const agreed = agreeOnEncryption(host.encryption, readPrelogin(message.body));
    channel.send(messageType.answer, preloginAnswer(agreed));
    if (agreed === encryption.on || agreed === encryption.required) channel.startTls(host.certificate.context);
    return null;
  }
  if (message.type !== messageType.login) throw new RangeError('a login was expected');
  const login = readLogin(message.body);
  const out = new ByteWriter(512);
  const admitted = judge(login, host);
  if (admitted instanceof SqlError) {
    // A database that cannot be opened fails the login too, and a server reports both errors.
    if (admitted.number !== 18456) writeError(out, admitted);
    writeError(out, sqlErrors.loginFailed(login.user));
    writeDone(out, doneStatus.error);
    channel.send(messageType.answer, out.take());
    channel.end();
    return null;
  }
  welcome(out, admitted, login, channel);
  return admitted;
}

function judge(login: Login, host: Host): Admitted | SqlError {
  const user = host.users.find((each) => each.name.toLowerCase() === login.user.toLowerCase());
  if (host.faults.refuseLogins || user === undefined || user.password !== login.password) {
    return sqlErrors.loginFailed(login.user);
  }
  const asked = login.database || user.database || Object.keys(host.databases)[0] || '';
  const database = Object.keys(host.databases).find((name) => name.toLowerCase() === asked.toLowerCase());
  if (database === undefined) return sqlErrors.noDatabase(asked);
  return {
    ...{ database, user: user.name, host: login.host, application: login.application },
    backingDatabase: host.databases[database] as string,
    access: accessOf(user),
  };
}

function accessOf({ denied = {} }: TdsUser): Access {
  const byTable = new Map(
    Object.entries(denied).map(([table, columns]) => [
      table.toLowerCase(),
      columns === '*' ? columns : columns.map((column) => column.toLowerCase()),
    ]),
  );
  return {
    maySeeTable: (table) => byTable.get(table.toLowerCase()) !== '*',
    maySeeColumn: (table, column) => {
      const columns = byTable.get(table.toLowerCase());
      return columns === undefined || (columns !== '*' && !columns.includes(column.toLowerCase()));
    },
  };
}

function welcome(out: ByteWriter, { database }: Admitted, login: Login, channel: Channel): void {
  writeTextChange(out, changeOf.database, database, 'master');
  writeInfo(out, 5701, `Changed database context to '${database}'.`);
  writeByteChange(out, changeOf.collation, collation, Buffer.alloc(0));
  writeTextChange(out, changeOf.language, 'us_english', '');
  writeLoginAck(out);
  writeTextChange(out, changeOf.packetSize, String(login.packetSize), '4096');
  writeDone(out, doneStatus.final);
  channel.send(messageType.answer, out.take());
  // The new size applies from the next message on.
  channel.packetSize = login.packetSize;
}
