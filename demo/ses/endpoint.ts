import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { actionNamed, sendingActions, type Account } from './actions.js';
import type { Faults } from './faults.js';
import type { Publisher } from './events/publisher.js';
import { readQuery } from './query.js';
import { SesRefusal, throttled } from './refusal.js';
import { subscriptionArn, type SnsSigner } from './events/sns-message.js';
import { element, errorXml, resultXml } from './xml.js';

/** Registers the routes for the AWS SDK and the SNS subscriber. */
export function registerEndpoint(
  app: FastifyInstance,
  deps: { account: Account; faults: Faults; publisher: Publisher; signer: () => Promise<SnsSigner> },
): void {
  const { account, faults, publisher } = deps;
  const closing = new AbortController();
  app.addHook('preClose', (done) => {
    closing.abort();
    done();
  });

  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );

  app.post('/', async (request, reply) => {
    const requestId = randomUUID();
    void reply.header('x-amzn-requestid', requestId).type('text/xml');
    try {
      if (!request.headers.authorization) throw unauthenticated();
      const query = readQuery(typeof request.body === 'string' ? request.body : '');
      const name = query.get('Action') ?? '';
      const action = actionNamed(name, query.get('Version') ?? '2010-12-01');
      account.counts.called(name);
      const sends = sendingActions.has(name);

      if (sends && faults('dropRequests')) {
        account.counts.requestDropped();
        return breakOff(reply);
      }
      if (sends && faults('fail500')) throw internalFailure();
      if (sends && faults('throttle')) throw throttled('fault-throttle');

      const inner = await action(query, account);
      const { slowAnswersMs } = account.settings();
      if (slowAnswersMs > 0) await wait(slowAnswersMs, undefined, { signal: closing.signal });
      if (sends && faults('loseAnswers')) {
        account.counts.answerLost();
        return breakOff(reply);
      }
      return resultXml(name, requestId, inner);
    } catch (error) {
      if (closing.signal.aborted) return breakOff(reply);
      if (!(error instanceof SesRefusal)) throw error;
      account.counts.refused(error.reason);
      return reply.code(error.status).send(errorXml(error, requestId));
    }
  });

  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) => {
    const status = error.statusCode ?? 500;
    const reason = status === 413 ? 'too-large' : 'malformed-request';
    const code = status === 413 ? 'RequestEntityTooLarge' : status < 500 ? 'MalformedInput' : 'InternalFailure';
    account.counts.refused(reason);
    return reply
      .code(status)
      .type('text/xml')
      .send(errorXml(new SesRefusal(reason, code, error.message, status), randomUUID()));
  });

  app.get<{ Querystring: Record<string, string | undefined> }>('/', async (request, reply) => {
    const { Action: action, TopicArn: topicArn = '', Token: token = '' } = request.query;
    if (action === undefined) return reply.redirect('/mailbox');
    const confirmed = action === 'ConfirmSubscription' && publisher.confirm(topicArn, token);
    void reply.type('text/xml').code(confirmed ? 200 : 400);
    if (confirmed) return resultXml(action, randomUUID(), element('SubscriptionArn', subscriptionArn(topicArn)));
    return errorXml(new SesRefusal('malformed-request', 'InvalidParameter', 'Invalid token'), randomUUID());
  });

  // Every name of SNS's pattern serves the same certificate, so that a signingCertUrl of AWS's shape works.
  app.get('/SimpleNotificationService-:name.pem', async (_request, reply) => {
    void reply.type('application/x-pem-file');
    return (await deps.signer()).certificatePem;
  });
}

/** Destroys the socket without an answer, as a network failure would. */
function breakOff(reply: FastifyReply): FastifyReply {
  reply.hijack();
  reply.raw.socket?.destroy();
  return reply;
}

function unauthenticated(): SesRefusal {
  return new SesRefusal(
    'no-authentication',
    'MissingAuthenticationToken',
    'Request is missing Authentication Token',
    403,
  );
}

function internalFailure(): SesRefusal {
  return new SesRefusal(
    'fault-500',
    'InternalFailure',
    'The request processing has failed because of an unknown error.',
    500,
  );
}
