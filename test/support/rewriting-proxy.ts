import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** Changes a chunk in transit; `at` counts the chunks of a connection in this direction from 0. */
type Change = (chunk: Buffer, at: number) => Buffer;

export interface RewritingProxy {
  host: string;
  port: number;
  /** All bytes from clients, before changes. */
  sent(): Buffer;
  close(): Promise<void>;
}

/** Starts a proxy between a client and a server that changes their messages. */
export async function rewritingProxy(
  target: { host: string; port: number },
  { toServer = (chunk) => chunk, toClient = (chunk) => chunk }: { toServer?: Change; toClient?: Change },
): Promise<RewritingProxy> {
  const heard: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(target);
    const pass = (from: Socket, to: Socket, change: Change, keep: boolean): void => {
      let at = 0;
      sockets.add(from);
      from.on('data', (chunk: Buffer) => {
        if (keep) heard.push(chunk);
        to.write(change(Buffer.from(chunk), at++));
      });
      from.on('error', () => to.destroy());
      from.on('close', () => (sockets.delete(from), to.destroy()));
    };
    pass(client, upstream, toServer, true);
    pass(upstream, client, toClient, false);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    sent: () => Buffer.concat(heard),
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Removes the flag CLIENT_SSL from a MySQL server's first packet, as an attacker between the two could. */
export function withoutMysqlTls(chunk: Buffer, at: number): Buffer {
  if (at > 0) return chunk;
  // Packet header (4), protocol version (1), server version up to its NUL, connection id (4), scramble (8), filler (1).
  const capabilities = chunk.indexOf(0, 5) + 1 + 4 + 8 + 1;
  chunk.writeUInt16LE(chunk.readUInt16LE(capabilities) & ~0x0800, capabilities);
  return chunk;
}
