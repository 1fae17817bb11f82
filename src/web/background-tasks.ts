import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';

/**
 * Work that goes on after the answer, so that the time of an answer tells nothing. Waited for when the app closes; an
 * error is logged, since nobody is left to tell.
 */
export class Tasks {
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Begins once the answer is out, or the visitor has gone. */
  afterAnswer(reply: FastifyReply, name: string, work: () => Promise<void>): void {
    const answered = new Promise<void>((resolve) => {
      reply.raw.once('finish', resolve);
      reply.raw.once('close', resolve);
    });
    this.#run(name, () => answered.then(work));
  }

  #run(name: string, work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => this.#log.error({ err: error, task: name }, 'work behind an answer failed'))
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  /** Resolves when nothing is running any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
