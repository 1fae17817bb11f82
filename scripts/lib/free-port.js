// Prints a free TCP port. With a number: that port, or the next free one above it.
import { createServer } from 'node:net';

const host = process.argv[2];
const wanted = Number(process.argv[3] ?? 0);

/** Resolves with the bound port, or undefined if `port` is taken. An empty host means every address. */
function tryPort(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    server.listen({ port, host: host || undefined }, () => {
      const bound = server.address().port;
      server.close(() => resolve(bound));
    });
  });
}

let port = await tryPort(wanted);
for (let next = wanted + 1; port === undefined && next <= wanted + 100; next += 1) port = await tryPort(next);
if (port === undefined) {
  console.error(`no free port between ${wanted} and ${wanted + 100}`);
  process.exit(1);
}
console.log(port);
