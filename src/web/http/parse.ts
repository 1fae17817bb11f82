import type { z } from 'zod';
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

/** A field of a form as text; whatever else somebody sends in its place counts as empty. */
export function textIn(form: unknown, field: string): string {
  const value = (form as Record<string, unknown> | null | undefined)?.[field];
  return typeof value === 'string' ? value : '';
}

/** What is wrong with a form, by field; the first thing said about each. */
export function messagesOf(error: z.ZodError): Record<string, string> {
  const messages: Record<string, string> = {};
  for (const { path, message } of error.issues) messages[String(path[0])] ??= message;
  return messages;
}
