import type { FastifyInstance } from 'fastify';
import { Problem } from '../lib/problem.js';

/** Returns `LISTEN_HOST`, or the given host if it is not set. */
export function listenHost(otherwise: string): string {
  return process.env['LISTEN_HOST'] ?? otherwise;
}

/**
 * Starts the server on a port.
 *
 * @param setting the setting that names the port, for the error message: `PORT`
 * @returns the port; port 0 lets the system choose one
 * @throws Problem `port-not-free`, after closing the server
 */
export async function listen(
  server: FastifyInstance,
  { port, host, setting }: { port: number; host: string; setting: string },
): Promise<number> {
  try {
    await server.listen({ port, host });
  } catch (error) {
    await server.close();
    throw listenProblem(error, host, port, setting);
  }
  const address = server.server.address();
  return typeof address === 'object' && address ? address.port : port;
}

function listenProblem(error: unknown, host: string, port: number, setting: string): unknown {
  const { code } = error as { code?: string };
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error;
  return new Problem({
    code: 'port-not-free',
    message: `The process cannot listen on port ${port} of ${host} (${code}).`,
    help: `Stop the program that listens there, or set another ${setting} (and LISTEN_HOST).`,
    cause: error,
  });
}

/**
 * Closes the server after the running requests finish. After `deadlineMs`, cuts requests that never end, such as a
 * half-sent body.
 */
export async function closeWithin(server: FastifyInstance, deadlineMs: number): Promise<void> {
  const deadline = setTimeout(() => server.server.closeAllConnections(), deadlineMs);
  await server.close().finally(() => clearTimeout(deadline));
}
