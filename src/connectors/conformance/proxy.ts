import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A proxy between a connector and its server that can simulate network failures. */
export interface FaultProxy {
  host: string;
  port: number;
  /** Breaks every open and new connection until `heal`. */
  cut(): void;
  /** Keeps every connection open and lets no data through until `heal`. */
  stall(): void;
  heal(): void;
  close(): Promise<void>;
}

/**
 * Listens on a free loopback port and forwards everything to the server. `watch` receives the bytes that the connector
 * sends, for a protocol whose statements can be read from them.
 */
export async function createFaultProxy(
  server: { host: string; port: number },
  watch: (sent: Buffer, connection: number) => void = () => {},
): Promise<FaultProxy> {
  const open = new Set<Socket>();
  let state: 'well' | 'cut' | 'stalled' = 'well';
  let connections = 0;

  const listener = createServer((near) => {
    if (state === 'cut') return void near.destroy();
    const number = connections++;
    const far = connect(server.port, server.host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(one);
      one.on('error', () => {}); // the reset is intended; 'close' follows
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    near.on('data', (chunk: Buffer) => {
      watch(chunk, number);
      far.write(chunk);
    });
    far.on('data', (chunk: Buffer) => near.write(chunk));
    if (state === 'stalled') far.pause();
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');

  return {
    host: '127.0.0.1',
    port: (listener.address() as AddressInfo).port,
    cut() {
      state = 'cut';
      for (const socket of open) socket.resetAndDestroy();
    },
    stall() {
      state = 'stalled';
      for (const socket of open) socket.pause();
    },
    heal() {
      state = 'well';
      for (const socket of open) socket.resume();
    },
    async close() {
      for (const socket of open) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
