import type { FastifyReply } from 'fastify';
import type { Logger } from 'pino';

/**
 * Runs work after the answer, so that the response time reveals nothing. The app waits for the work when it closes.
 * Errors are logged, because the answer is already sent.
 */
export class Tasks {
  readonly #log: Logger;
  readonly #running = new Set<Promise<void>>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Starts the work once the answer is sent or the connection is closed. */
  afterAnswer(reply: FastifyReply, name: string, work: () => Promise<void>): void {
    const answered = new Promise<void>((resolve) => {
      reply.raw.once('finish', resolve);
      reply.raw.once('close', resolve);
    });
    this.#run(name, () => answered.then(work));
  }

  #run(name: string, work: () => Promise<void>): void {
    const task = work()
      .catch((error: unknown) => this.#log.error({ err: error, task: name }, 'task after an answer failed'))
      .finally(() => this.#running.delete(task));
    this.#running.add(task);
  }

  /** Resolves when no task is running. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }
}
