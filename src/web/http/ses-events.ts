import type { FastifyPluginAsync } from 'fastify';
import { errors, isProblem } from '../../lib/problem.js';

/** Receiver of SNS messages; implemented in `src/mailer`. */
export interface SnsIntake {
  receive(body: string): Promise<string>;
}

/** An SNS message holds at most 256 KB; escaping JSON inside JSON makes the body longer. */
const mostBytes = 1024 * 1024;

/**
 * Serves `POST /v1/ses-events`, where SNS posts the events of SES. The signature in the body authenticates the caller.
 * SNS drops a message answered with 4xx and retries one answered with 5xx for up to an hour.
 */
export function sesEventsPlugin(intake: SnsIntake): FastifyPluginAsync {
  return async (app) => {
    // SNS sends JSON as text/plain. The body stays text, because the intake verifies the signature and parses it.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: mostBytes }, (_request, body, done) =>
      done(null, body),
    );

    app.post('/v1/ses-events', { bodyLimit: mostBytes }, async (request, reply) => {
      try {
        const done = await intake.receive(typeof request.body === 'string' ? request.body : '');
        return await reply.code(200).send({ done });
      } catch (error) {
        if (!isProblem(error)) throw error;
        request.log.warn({ code: error.code }, error.message);
        return reply.code(errors[error.code].status).send({ code: error.code });
      }
    });
  };
}
