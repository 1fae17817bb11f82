import type { z } from 'zod';
import { RequestProblem } from './problems.js';

/**
 * Parses input. Errors name each field but never repeat its value, which may be a secret.
 *
 * @throws Problem `request-invalid`
 */
export function parse<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const parsed = schema.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
  throw new RequestProblem({
    code: 'request-invalid',
    message: 'The request is not valid.',
    help: errors.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join('; '),
    errors,
  });
}

/** Returns a form field as text; a value of any other type counts as empty. */
export function textIn(form: unknown, field: string): string {
  const value = (form as Record<string, unknown> | null | undefined)?.[field];
  return typeof value === 'string' ? value : '';
}

/** Returns the first error message of each form field. */
export function messagesOf(error: z.ZodError): Record<string, string> {
  const messages: Record<string, string> = {};
  for (const { path, message } of error.issues) messages[String(path[0])] ??= message;
  return messages;
}
