import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createAssembler, messageType } from '../../demo/sql-server/wire/packets.js';

/** A server that answers repeated requests from memory. */
export interface TdsMemory {
  port: number;
  stop(): void;
}

/**
 * Starts a proxy in front of a TDS server that keeps its answers byte by byte and answers repeated requests itself, so
 * that the reader is measured and not the server behind it. It has no TLS and handles one request at a time.
 */
export async function startTdsMemory(behind: { host: string; port: number }): Promise<TdsMemory> {
  const answers = new Map<string, Buffer>();
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(behind);
    for (const socket of [client, upstream]) {
      open.add(socket.setNoDelay(true));
      socket.on('error', () => {});
      socket.on('close', () => {
        open.delete(socket);
        client.destroy();
        upstream.destroy();
      });
    }
    let request: string | null = null;
    let answer: Buffer[] = [];
    const assemble = createAssembler(({ type }) => {
      if (type !== messageType.answer) return;
      if (request !== null) answers.set(request, Buffer.concat(answer));
      answer = [];
    });
    upstream.on('data', (chunk) => {
      answer.push(chunk);
      assemble(chunk);
      client.write(chunk);
    });
    let pending: Buffer[] = [];
    const readRequest = createAssembler(({ type, body }) => {
      // The server itself handles every login, so that it can answer requests that are not known yet.
      const keeps = type === messageType.rpc || type === messageType.batch;
      request = keeps ? createHash('sha256').update(body).digest('base64') : null;
      const known = request === null ? undefined : answers.get(request);
      if (known) client.write(known);
      else for (const chunk of pending) upstream.write(chunk);
      pending = [];
    });
    client.on('data', (chunk) => {
      pending.push(chunk);
      readRequest(chunk);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    stop() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
