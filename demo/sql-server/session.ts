import type { Socket } from 'node:net';
import { createBacking } from './backing.js';
import type { Backing } from './backing.js';
import { createChannel } from './channel.js';
import type { Answer } from './channel.js';
import { admit } from './admission.js';
import type { Admitted, Host } from './admission.js';
import { readRequest, withNames } from './request.js';
import type { ClientRequest } from './request.js';
import { runStatement } from './run.js';
import type { RunContext } from './run.js';
import { SqlError, sqlErrors } from './sql-error.js';
import { parseBatch } from './sql/parse.js';
import {
  changeOf,
  doneStatus,
  writeByteChange,
  writeDone,
  writeError,
  writeHandle,
  writeReturnStatus,
} from './wire/answer.js';
import { ByteWriter } from './wire/bytes.js';
import { messageType } from './wire/packets.js';
import type { Message } from './wire/packets.js';
import type { Parameter } from './wire/parameters.js';

type DonePlace = 'batch' | 'procedure' | 'inProcedure';
class Cancelled extends Error {}

/** Serves one connection until it closes. */
export function serveSession(socket: Socket, host: Host, sessionId: number): void {
  let running: AbortController | null = null;
  let logged: { facts: Admitted; backing: Backing } | null = null;
  let queue = Promise.resolve();
  let closed = false;
  const options = new Map<string, string>();
  const prepared = new Map<number, { sql: string; declaration: string }>();

  const channel = createChannel(socket, onMessage, () => {
    closed = true;
    running?.abort(new Cancelled());
    logged?.backing.close();
  });

  function onMessage(message: Message): void {
    if (message.type === messageType.attention) return onAttention();
    queue = queue.then(() => handle(message)).catch(() => void socket.destroy());
  }

  /** Handles a cancel: ends the answer, then sends the acknowledgement as a separate message, which tedious requires. */
  function onAttention(): void {
    running?.abort(new Cancelled());
    queue = queue.then(() => {
      const out = new ByteWriter(32);
      writeDone(out, doneStatus.attention);
      channel.send(messageType.answer, out.take());
    });
  }

  async function handle(message: Message): Promise<void> {
    if (closed) return;
    if (logged === null) {
      const facts = admit(message, channel, host);
      if (facts !== null) logged = { facts, backing: createBacking(host.mysqlUrl, facts.backingDatabase) };
      return;
    }
    running = new AbortController();
    const answer = channel.answer();
    try {
      await serve(message, answer, running.signal, logged);
    } finally {
      running = null;
    }
    if (!closed) answer.end();
  }

  async function serve(
    message: Message,
    answer: Answer,
    signal: AbortSignal,
    { facts, backing }: { facts: Admitted; backing: Backing },
  ): Promise<void> {
    const isProcedure = message.type === messageType.rpc;
    try {
      const request = readRequest(message);
      const context = (sql: string): RunContext => ({
        ...{
          channel,
          answer,
          backing,
          sessionId,
          options,
          signal,
          access: facts.access,
          faults: host.faults,
        },
        facts: { ...facts, ...host.clock() },
        catalog: (fresh) => host.catalogOf(facts.backingDatabase, backing, fresh),
        note: (read) => host.note({ sql, user: facts.user, database: facts.database, ...read }),
      });
      await answerRequest(request, answer, context);
    } catch (error) {
      if (error instanceof Cancelled) return;
      const told =
        error instanceof SqlError ? error : sqlErrors.severe(error instanceof Error ? error.message : String(error));
      writeError(answer.out, told);
      writeDone(answer.out, doneStatus.error, 0n, isProcedure ? 'procedure' : 'batch');
    }
  }

  async function answerRequest(
    request: ClientRequest,
    answer: Answer,
    context: (sql: string) => RunContext,
  ): Promise<void> {
    switch (request.kind) {
      case 'batch':
        return runAll(request.sql, [], answer, context(request.sql), 'batch');
      case 'run':
        return runAll(request.sql, request.parameters, answer, context(request.sql), 'inProcedure');
      case 'prepare': {
        parseBatch(request.sql);
        const handle = prepared.size + 1;
        prepared.set(handle, request);
        if (request.run !== null)
          await runAll(request.sql, request.run, answer, context(request.sql), 'inProcedure', false);
        writeReturnStatus(answer.out);
        writeHandle(answer.out, handle);
        return writeDone(answer.out, doneStatus.final, 0n, 'procedure');
      }
      case 'execute': {
        const found = prepared.get(request.handle);
        if (found === undefined) throw sqlErrors.noHandle(request.handle);
        const parameters = withNames(request.parameters, found.declaration);
        return runAll(found.sql, parameters, answer, context(found.sql), 'inProcedure');
      }
      case 'unprepare':
        // No client knows this handle; handle numbers are never reused.
        prepared.set(request.handle, { sql: '', declaration: '' });
        writeReturnStatus(answer.out);
        return writeDone(answer.out, doneStatus.final, 0n, 'procedure');
      case 'transaction':
        return changeTransaction(request.action, answer, context(''));
    }
  }

  async function runAll(
    sql: string,
    parameters: Parameter[],
    answer: Answer,
    context: RunContext,
    place: DonePlace,
    ends = true,
  ): Promise<void> {
    const statements = parseBatch(sql);
    for (const [at, statement] of statements.entries()) {
      const rows = await runStatement(statement, parameters, context);
      const more = place === 'inProcedure' || at < statements.length - 1 ? doneStatus.more : 0;
      if (rows !== null) writeDone(answer.out, doneStatus.count | more, rows, place);
      else if (more === 0) writeDone(answer.out, doneStatus.final);
    }
    if (place === 'batch' && statements.length === 0) writeDone(answer.out, doneStatus.final);
    if (place !== 'inProcedure' || !ends) return;
    writeReturnStatus(answer.out);
    writeDone(answer.out, doneStatus.final, 0n, 'procedure');
  }

  async function changeTransaction(
    action: 'begin' | 'commit' | 'rollback',
    answer: Answer,
    { backing }: RunContext,
  ): Promise<void> {
    await backing.ask({ begin: 'START TRANSACTION READ ONLY', commit: 'COMMIT', rollback: 'ROLLBACK' }[action]);
    const descriptor = Buffer.alloc(8);
    descriptor.writeUInt32LE(sessionId);
    const none = Buffer.alloc(0);
    const [now, before] = action === 'begin' ? [descriptor, none] : [none, descriptor];
    writeByteChange(answer.out, changeOf[action], now, before);
    writeDone(answer.out, doneStatus.final);
  }
}
