import type { FastifyInstance } from 'fastify';
import { Problem } from '../lib/problem.js';

/** Where a process listens when `LISTEN_HOST` does not say. */
export function listenHost(otherwise: string): string {
  return process.env['LISTEN_HOST'] ?? otherwise;
}

/**
 * @param setting what names the port, for who must choose another: `PORT`
 * @returns the port; one that was asked for with 0 is the system's choice
 * @throws Problem `port-not-free`; the server is closed then
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
    help: `Stop what listens there, or set another ${setting} (and LISTEN_HOST).`,
    cause: error,
  });
}

/** Finishes what was asked; a request that never ends, such as a body half sent, holds nobody up for longer than this. */
export async function closeWithin(server: FastifyInstance, deadlineMs: number): Promise<void> {
  const deadline = setTimeout(() => server.server.closeAllConnections(), deadlineMs);
  await server.close().finally(() => clearTimeout(deadline));
}
