import http from 'node:http';
import https from 'node:https';
import { subscriptionArn, type SnsMessage } from './sns-message.js';

export interface Poster {
  /** Posts one message as SNS does. Resolves to true if the subscriber accepted it (any 2xx); never rejects. */
  post(url: string, message: SnsMessage): Promise<boolean>;
  stop(): void;
}

/** SNS gives a subscriber 15 s to answer; in milliseconds. */
const patience = 15_000;

export function createPoster(connections: number): Poster {
  const options = { keepAlive: true, maxSockets: connections };
  const agents = { 'http:': new http.Agent(options), 'https:': new https.Agent(options) };
  return {
    post(url, message) {
      const target = new URL(url);
      const secure = target.protocol === 'https:';
      const body = Buffer.from(JSON.stringify(message, null, 2));
      return new Promise((resolve) => {
        const request = (secure ? https : http).request(
          target,
          {
            method: 'POST',
            agent: agents[secure ? 'https:' : 'http:'],
            timeout: patience,
            headers: {
              'content-type': 'text/plain; charset=UTF-8',
              'content-length': body.length,
              'user-agent': 'Amazon Simple Notification Service Agent',
              'x-amz-sns-message-type': message.Type,
              'x-amz-sns-message-id': message.MessageId,
              'x-amz-sns-topic-arn': message.TopicArn,
              ...(message.Type === 'Notification' && {
                'x-amz-sns-subscription-arn': subscriptionArn(message.TopicArn),
              }),
            },
          },
          (answer) => {
            const status = answer.statusCode ?? 0;
            answer.resume();
            answer.on('close', () => resolve(status >= 200 && status < 300));
          },
        );
        request.on('timeout', () => request.destroy());
        request.on('error', () => resolve(false));
        request.end(body);
      });
    },
    stop() {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
