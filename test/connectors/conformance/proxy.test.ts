import { afterEach, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createFaultProxy, type FaultProxy } from '../../../src/connectors/conformance/index.js';

/** Starts a server that echoes every message, reachable directly and through a proxy. */
async function echo(watch?: (sent: Buffer) => void): Promise<{ server: Server; proxy: FaultProxy }> {
  const server = createServer((socket) => void socket.pipe(socket).on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, proxy: await createFaultProxy({ host: '127.0.0.1', port }, watch) };
}

async function dial(proxy: FaultProxy) {
  const socket = connect(proxy.port, proxy.host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** Not `once`: that rejects on the reset that this test expects. */
const closed = (socket: Socket) => new Promise((resolve) => socket.on('close', resolve));

describe('conformance kit: the fault proxy', () => {
  let made: Awaited<ReturnType<typeof echo>> | undefined;
  afterEach(async () => {
    await made?.proxy.close();
    made?.server.close();
  });

  it('passes bytes both ways and shows the bytes that were sent', async () => {
    const sent: string[] = [];
    made = await echo((chunk) => void sent.push(chunk.toString()));
    const socket = await dial(made.proxy);
    socket.write('hello');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toBe('hello');
    expect(sent).toEqual(['hello']);
    socket.destroy();
  });

  it('cuts open and new connections until it is healed', async () => {
    made = await echo();
    const socket = await dial(made.proxy);
    const first = closed(socket);
    made.proxy.cut();
    await first;
    await closed(await dial(made.proxy));
    made.proxy.heal();
    const again = await dial(made.proxy);
    again.write('back');
    expect(((await once(again, 'data')) as [Buffer])[0].toString()).toBe('back');
    again.destroy();
  });

  it('holds back answers while it is stalled, and delivers them when it is healed', async () => {
    made = await echo();
    const socket = await dial(made.proxy);
    const answers: string[] = [];
    socket.on('data', (chunk: Buffer) => answers.push(chunk.toString()));
    socket.write('one');
    await once(socket, 'data');
    made.proxy.stall();
    socket.write(' two');
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual(['one']);
    made.proxy.heal();
    await once(socket, 'data');
    expect(answers.join('')).toBe('one two');
    socket.destroy();
  });
});
