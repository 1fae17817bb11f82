/**
 * A TCP proxy that stops forwarding on request. It has its own process, because a native driver may block the test's.
 * odbc-silent.test.ts starts it with the server's port; every message stops all its connections forever.
 */
import { connect, createServer } from 'node:net';
import process from 'node:process';

let silent = false;
const sockets = new Set();
const server = createServer((near) => {
  const far = connect(Number(process.argv[2]), '127.0.0.1');
  for (const [one, other] of [
    [near, far],
    [far, near],
  ]) {
    sockets.add(one);
    one.on('error', () => {});
    one.on('close', () => other.destroy());
    one.on('data', (chunk) => other.write(chunk));
    if (silent) one.pause();
  }
});
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', () => {
  silent = true;
  for (const socket of sockets) socket.pause();
  process.send('silent');
});
process.on('disconnect', () => process.exit());
