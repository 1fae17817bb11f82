import type { FastifyRequest } from 'fastify';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

/** The request that a page answers. Every component of the page can read it. */
export interface PageContext {
  request: FastifyRequest;
  /** Returns the token that every form of the page carries. A page without a form creates none. */
  csrf(): string;
  /** Time zone of the practice; UTC on pages without one. */
  timeZone: string;
}

export const PageContext = createContext<PageContext | null>(null);

/** Returns the context of the page being rendered. @throws Error outside `sendHtml` */
export function usePage(): PageContext {
  const page = useContext(PageContext);
  if (page) return page;
  throw new Error('a component was rendered outside sendHtml');
}
