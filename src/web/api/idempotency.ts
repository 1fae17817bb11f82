import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { Problem } from '../../lib/problem.js';
import type { Database } from '../../store/db/database.js';
import { answerOf, forgetReceipt, saveAnswer, receive } from '../../store/db/receipts.js';
import type { ApiResult } from './route.js';

const scope = 'api';

/**
 * Runs the work of a request once per `Idempotency-Key` of a token; a repeated request gets the first answer. Without
 * the header the work always runs. Keys live as long as the sweep keeps receipts.
 *
 * @throws Problem `idempotency-key-reused` if another request used the key, `still-running` while the first request has
 *   no answer yet
 */
export async function once(
  db: Database,
  request: FastifyRequest,
  tokenId: string,
  now: Date,
  work: () => Promise<ApiResult>,
): Promise<ApiResult> {
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || key === '') return work();
  const name = `${tokenId}:${createHash('sha256').update(key).digest('base64url')}`;
  const print = createHash('sha256')
    .update(`${request.method} ${request.url}\n${request.rawBody ?? ''}`)
    .digest('base64url');
  if (!(await receive(db, scope, name, now))) return replayed(await answerOf(db, scope, name), print);
  try {
    const result = await work();
    await saveAnswer(db, scope, name, JSON.stringify({ print, result }));
    return result;
  } catch (error) {
    await forgetReceipt(db, scope, name);
    throw error;
  }
}

function replayed(answer: string | null | undefined, print: string): ApiResult {
  if (!answer) {
    throw new Problem({
      code: 'still-running',
      message: 'The first request with this Idempotency-Key has no answer yet.',
    });
  }
  const first = JSON.parse(answer) as { print: string; result: ApiResult };
  if (first.print === print) return first.result;
  throw new Problem({
    code: 'idempotency-key-reused',
    message: 'This Idempotency-Key was used for another request.',
  });
}
