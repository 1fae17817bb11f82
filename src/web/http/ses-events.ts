import type { FastifyPluginAsync } from 'fastify';
import { isProblem } from '../../lib/problem.js';

/** What SNS's post is handed to; `src/mailer/intake.ts`. */
export interface SnsIntake {
  receive(body: string): Promise<string>;
}

/** SNS messages hold at most 256 KB, and JSON in JSON escapes what it holds. */
const mostBytes = 1024 * 1024;

/**
 * `POST /v1/ses-events`, where SNS posts what SES tells. The caller proves itself by the signature in the body. An answer of
 * 4xx ends a message; after 5xx SNS tries again, for up to an hour.
 */
export function sesEventsPlugin(intake: SnsIntake): FastifyPluginAsync {
  return async (app) => {
    // SNS sends JSON as text/plain. The body stays text: the signature is over what it says, and the intake parses it.
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: mostBytes }, (_request, body, done) =>
      done(null, body),
    );

    app.post('/v1/ses-events', { bodyLimit: mostBytes }, async (request, reply) => {
      try {
        const done = await intake.receive(typeof request.body === 'string' ? request.body : '');
        return await reply.code(200).send({ done });
      } catch (error) {
        if (isProblem(error, 'sns-certificate-unreachable', 'sns-not-confirmed')) {
          request.log.warn({ code: error.code }, error.message);
          return reply.code(503).send({ code: error.code });
        }
        if (!isProblem(error)) throw error;
        request.log.warn({ code: error.code }, error.message);
        return reply.code(error.code === 'sns-malformed' ? 400 : 403).send({ code: error.code });
      }
    });
  };
}
