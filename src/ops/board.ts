import { createBullBoard } from '@bull-board/api';
import { BullMQAdapter } from '@bull-board/api/bullMQAdapter';
import { FastifyAdapter } from '@bull-board/fastify';
import type { FastifyPluginAsync } from 'fastify';
import type { Queues } from '../jobs/bullmq/queues.js';

/** Bull Board for the queues, to inspect and retry failed jobs. Register it behind the operator's sign-in. */
export function boardPlugin(queues: Queues, basePath: string): FastifyPluginAsync {
  return async (app) => {
    const adapter = new FastifyAdapter();
    adapter.setBasePath(basePath);
    createBullBoard({ queues: queues.raw.map((queue) => new BullMQAdapter(queue)), serverAdapter: adapter });
    await app.register(adapter.registerPlugin(), { prefix: basePath });
  };
}
