import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isProblem, sentenceOf } from '../../src/lib/problem.js';

/** The state that an operator or a test in another process can read and change. */
export interface Control {
  state(): unknown;
  ledger(): unknown;
  set(change: unknown): void;
  settings(): unknown;
  clear(): void;
}

const loopback = /^(127\.|::1$|::ffff:127\.)/;
const loopbackHost = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?$/;

/** Registers the control routes, for requests from this machine only. */
export function registerControl(app: FastifyInstance, control: Control): void {
  app.get('/control/state', () => control.state());
  app.get('/control/ledger', () => control.ledger());

  app.post('/control/options', async (request, reply) => {
    if (!isLocal(request)) return reply.code(403).send({ error: 'Only from this machine.' });
    try {
      control.set(request.body);
      return control.settings();
    } catch (error) {
      if (!isProblem(error)) throw error;
      return reply.code(400).send({ error: sentenceOf(error) });
    }
  });

  app.post('/control/clear', async (request, reply) => {
    if (!isLocal(request)) return reply.code(403).send({ error: 'Only from this machine.' });
    control.clear();
    return control.state();
  });
}

/** Checks the Host header too, to block DNS rebinding: pages elsewhere that point their own name at 127.0.0.1. */
function isLocal(request: FastifyRequest): boolean {
  return loopback.test(request.socket.remoteAddress ?? '') && loopbackHost.test(request.headers.host ?? '');
}
