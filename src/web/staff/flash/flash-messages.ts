import type { FastifyReply, FastifyRequest } from 'fastify';
import { isProblem } from '../../../lib/problem.js';
import { clientMessages } from './client-messages.js';
import { emailMessages } from './email-messages.js';
import type { FlashMessage } from './flash-message.js';
import { practiceMessages } from './practice-messages.js';

/** Messages a redirect can carry, by code, so that no URL can put foreign text on a page. */
const messages = { ...clientMessages, ...emailMessages, ...practiceMessages };

export type FlashCode = keyof typeof messages;

const isFlashCode = (code: string): code is FlashCode => Object.hasOwn(messages, code);

/** Values of the placeholders in a message. */
export interface FlashNumbers {
  n?: number;
  m?: number;
}

export function readFlashMessage(request: FastifyRequest): FlashMessage | null {
  const query = request.query as Record<string, unknown>;
  const code = query['told'];
  if (typeof code !== 'string' || !isFlashCode(code)) return null;
  const { tone, title, more }: FlashMessage = messages[code];
  // Only digits are filled in, so that a URL cannot change the text.
  const fill = (text: string) =>
    text.replaceAll(/\{(\w)\}/g, (_, name: string) => {
      const given = query[name];
      return typeof given === 'string' && /^\d{1,9}$/.test(given) ? Number(given).toLocaleString('en-US') : '0';
    });
  return { tone, title: fill(title), ...(more ? { more: fill(more) } : {}) };
}

/** Redirects to a page that shows a message. The redirect keeps a reload from sending the form twice. */
export function redirectWithMessage(
  reply: FastifyReply,
  path: string,
  code: FlashCode,
  numbers: FlashNumbers = {},
): FastifyReply {
  const query = Object.entries(numbers).map(([name, value]) => `&${name}=${value}`);
  return reply.redirect(`${path}${path.includes('?') ? '&' : '?'}told=${code}${query.join('')}`, 303);
}

/**
 * Runs `work` and returns its reply. If it throws a problem that has a message here, redirects to `path` with that message;
 * rethrows every other error.
 */
export async function redirectWithProblem(
  reply: FastifyReply,
  path: string,
  work: () => Promise<FastifyReply>,
): Promise<FastifyReply> {
  try {
    return await work();
  } catch (error) {
    if (isProblem(error) && isFlashCode(error.code)) return redirectWithMessage(reply, path, error.code);
    throw error;
  }
}
