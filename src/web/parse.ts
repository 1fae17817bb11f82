import { z } from 'zod';
import { RequestProblem } from './problems.js';

/**
 * Reads what came in. What is wrong is named field by field; the value itself is never repeated, it may be a secret.
 *
 * @throws Problem `request-invalid`
 */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new RequestProblem({
    code: 'request-invalid',
    message: 'The request is not as it must be.',
    help: errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    errors,
  });
}
