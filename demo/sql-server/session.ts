import type { Socket } from 'node:net';
import { createBacking, type Backing, type RawRow } from './backing.js';
import type { Certificate } from './certificate.js';
import { createChannel, type Answer, type Channel } from './channel.js';
import type { FaultSwitch } from './faults.js';
import { answerLogin, type Login, type LoginRules } from './login.js';
import { readRequest, type ClientRequest } from './request.js';
import { SqlError, sqlErrors } from './sql-error.js';
import { readCatalog, type Catalog } from './sql/catalog.js';
import { tokenize, type Token } from './sql/tokens.js';
import { translate, type Translated } from './sql/translate.js';
import { doneStatus, writeColumns, writeDone, writeError, writeRowStart } from './wire/answer.js';
import { ByteWriter } from './wire/bytes.js';
import { messageType, type Message } from './wire/packets.js';
import { agreeOnEncryption, encryption, preloginAnswer, type Encryption } from './wire/prelogin.js';

/** The state that all sessions share. */
export interface Host extends LoginRules {
  mysqlUrl: string;
  encryption: Encryption;
  certificate: Certificate;
  faults: FaultSwitch;
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

/** A session after its login. */
interface Session {
  login: Login;
  backing: Backing;
  channel: Channel;
  host: Host;
  /** Read at the first query, and again to find a new table or column. */
  catalog?: Catalog;
  /** Milliseconds; -1 waits forever. */
  lockTimeoutMs: number;
}

class Canceled extends Error {}

/** Serves one connection until it closes. */
export function serveSession(socket: Socket, host: Host): void {
  let running: AbortController | null = null;
  let session: Session | null = null;
  let queue = Promise.resolve();

  const channel = createChannel(
    socket,
    (message) => {
      if (message.type === messageType.attention) running?.abort(new Canceled());
      queue = queue.then(() => handle(message)).catch(() => void socket.destroy());
    },
    () => {
      running?.abort(new Canceled());
      session?.backing.close();
    },
  );

  async function handle(message: Message): Promise<void> {
    if (socket.destroyed) return;
    if (message.type === messageType.attention) {
      // The acknowledgement of a cancel is a message of its own, which tedious requires.
      const out = new ByteWriter(32);
      writeDone(out, doneStatus.attention);
      channel.send(messageType.answer, out.take());
    } else if (session === null) session = logIn(message, channel, host);
    else {
      running = new AbortController();
      const answer = channel.answer();
      await serve(message, answer, running.signal, session).finally(() => (running = null));
      if (!socket.destroyed) answer.end();
    }
  }
}

/** Answers PRELOGIN and LOGIN7; returns the session once it is logged in. */
function logIn(message: Message, channel: Channel, host: Host): Session | null {
  if (message.type === messageType.prelogin) {
    const agreed = agreeOnEncryption(host.encryption, message.body);
    channel.send(messageType.answer, preloginAnswer(agreed));
    if (agreed === encryption.on || agreed === encryption.required) channel.startTls(host.certificate.context);
    return null;
  }
  if (message.type !== messageType.login) throw new RangeError('a login was expected');
  const login = answerLogin(message.body, channel, host);
  if (login === null) return null;
  return { login, channel, host, lockTimeoutMs: -1, backing: createBacking(host.mysqlUrl, login.backingDatabase) };
}

/** Runs the statements of a request and writes their results, or the error that ended them. */
async function serve(message: Message, answer: Answer, signal: AbortSignal, session: Session): Promise<void> {
  const isProcedure = message.type === messageType.rpc;
  const { out } = answer;
  try {
    const request = readRequest(message);
    for (const statement of split(tokenize(request.sql))) {
      if (statement[0]?.text.toUpperCase() === 'SET') {
        if (statement[1]?.text.toUpperCase() === 'LOCK_TIMEOUT') session.lockTimeoutMs = Number(statement[2]?.text);
        continue;
      }
      const query = await prepare(statement, request, session);
      const rows = await sendRows(query, answer, signal, session);
      writeDone(out, doneStatus.count | doneStatus.more, rows, isProcedure ? 'doneInProcedure' : 'done');
    }
    writeDone(out, doneStatus.final, 0, isProcedure ? 'doneProcedure' : 'done');
  } catch (error) {
    if (error instanceof Canceled) return;
    writeError(out, error instanceof SqlError ? error : sqlErrors.severe(String(error)));
    writeDone(out, doneStatus.error, 0, isProcedure ? 'doneProcedure' : 'done');
  }
}

/** Splits a batch at SELECT and SET; refuses any other statement, because the stand-in only reads. */
function split(tokens: Token[]): Token[][] {
  const statements: Token[][] = [];
  for (const token of tokens) {
    const isStart = token.kind === 'word' && /^(SELECT|SET)$/i.test(token.text);
    if (isStart) statements.push([token]);
    else if (statements.length === 0) throw sqlErrors.syntax(token.text, 'it reads with SELECT and knows SET');
    else if (token.text !== ';' || token.kind !== 'mark') statements.at(-1)?.push(token);
  }
  return statements;
}

async function prepare(statement: Token[], request: ClientRequest, session: Session): Promise<Translated> {
  const { login, backing, host } = session;
  const translated = async (): Promise<Translated> => {
    session.catalog ??= await readCatalog((sql) => backing.query(sql));
    return translate(statement, { catalog: session.catalog, parameters: request.parameters, ...login });
  };
  const query = await translated().catch((error: unknown) => {
    if (!isUnknownName(error)) throw error;
    delete session.catalog;
    return translated();
  });
  const { user, database } = login;
  host.note({ sql: request.sql, user, database, tables: query.tables, columns: query.reads });
  return query;
}

const isUnknownName = (error: unknown): boolean => error instanceof SqlError && [207, 208, 4104].includes(error.number);

/** Runs a query and writes its rows; returns their number. */
async function sendRows(query: Translated, answer: Answer, signal: AbortSignal, session: Session): Promise<number> {
  const { host, backing, channel } = session;
  const cutAfterRows = await host.faults.strike(query.tables, session.lockTimeoutMs, signal);
  const { out } = answer;
  writeColumns(out, query.columns);
  let rows = 0;
  const onRow = (row: RawRow): Promise<void> | undefined => {
    writeRowStart(out);
    if (rows >= cutAfterRows) {
      // Send half a row, so that the client cannot take the rows before it for the whole result.
      answer.flush();
      channel.cut();
      return undefined;
    }
    for (const [at, { type }] of query.columns.entries()) type.write(out, row[at] ?? null);
    rows += 1;
    return answer.pace();
  };
  try {
    await backing.stream(query.sql, onRow, signal);
  } catch (error) {
    if (isUnknownName(error)) delete session.catalog;
    throw error;
  }
  return rows;
}
