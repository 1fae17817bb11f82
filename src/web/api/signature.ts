import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../../lib/problem.js';
import type { Secret } from '../../lib/secret.js';

/** Tolerated clock difference of the sender, in seconds; older events count as replays. */
const toleranceSeconds = 300;

/**
 * Checks the signature of an event as Standard Webhooks specifies (standardwebhooks.com): HMAC-SHA-256, in base64, over
 * `id.timestamp.body`, in the headers `webhook-id`, `webhook-timestamp` (seconds) and `webhook-signature` (`v1,...`;
 * several, separated by spaces, during a key rotation).
 *
 * @throws Problem `signature-wrong`, without telling which part was wrong
 */
export function verifySignature(secret: Secret | null, headers: IncomingHttpHeaders, body: string, now: Date): void {
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': given } = headers;
  const age = Math.abs(now.getTime() / 1000 - Number(timestamp));
  if (
    secret &&
    typeof id === 'string' &&
    typeof timestamp === 'string' &&
    typeof given === 'string' &&
    age <= toleranceSeconds
  ) {
    const right = signEvent(secret, id, timestamp, body);
    const candidates = given.split(' ').map((one) => Buffer.from(one));
    const expected = Buffer.from(right);
    if (candidates.some((one) => one.length === expected.length && timingSafeEqual(one, expected))) return;
  }
  throw new Problem({
    code: 'signature-wrong',
    message: 'The signature of this event is missing, wrong, or older than five minutes.',
  });
}

/** Returns the value of `webhook-signature`. A secret with the prefix `whsec_` is base64. */
export function signEvent(secret: Secret, id: string, timestamp: string, body: string): string {
  const text = secret.open();
  const key = text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : Buffer.from(text);
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}
