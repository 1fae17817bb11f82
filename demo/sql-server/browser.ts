import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/**
 * Starts a SQL Server Browser: it tells a client of `server\INSTANCE` on which TCP port the instance listens. Clients
 * always use UDP port 1434, so a test gives it a loopback address of its own (127.x.y.z; Linux accepts them all) on
 * which nothing else listens.
 */
export async function startBrowser(
  address: string,
  instances: Record<string, number>,
): Promise<{ stop(): Promise<void> }> {
  const socket = createSocket('udp4');
  socket.on('message', (_question, client) => {
    const told = Object.entries(instances)
      .map(([name, port]) => `ServerName;STANDIN;InstanceName;${name};IsClustered;No;Version;13.0.4188.0;tcp;${port};;`)
      .join('');
    const head = Buffer.alloc(3);
    head[0] = 0x05;
    head.writeUInt16LE(told.length, 1);
    socket.send(Buffer.concat([head, Buffer.from(told)]), client.port, client.address);
  });
  socket.bind(1434, address);
  await once(socket, 'listening');
  return {
    async stop() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
