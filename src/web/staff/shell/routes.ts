import type { PracticeChoice } from './staff-session.js';

/** URLs of the console. */
export const staffLinks = {
  /** Redirects to the start page of the signed-in person's role. */
  home: '/staff',
  petParents: '/staff/pet-parents',
  emailMarketing: '/staff/email-marketing',
  plan: '/staff/email-marketing/plan',
  preview: '/staff/email-marketing/preview',
  brand: '/staff/email-marketing/brand',
  practices: '/staff/practices',
  syncs: '/staff/syncs',
  work: '/staff/work',
  people: '/staff/people',
  history: '/staff/history',
  tokens: '/staff/tokens',
  petParent: (practiceId: string, pimsId: string) =>
    `/staff/pet-parents/${encodeURIComponent(practiceId)}/${encodeURIComponent(pimsId)}`,
  message: (practiceId: string, messageId: string) =>
    `/staff/email-marketing/${encodeURIComponent(practiceId)}/${encodeURIComponent(messageId)}`,
  run: (practiceId: string, runId: string) =>
    `/staff/syncs/${encodeURIComponent(practiceId)}/${encodeURIComponent(runId)}`,
};

/** Appends a query to a path; leaves out empty values. */
export function withQuery(path: string, query: Record<string, string | null | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return given.length > 0 ? `${path}?${new URLSearchParams(given).toString()}` : path;
}

/** Returns the practice for a query, only if the visitor has several. */
export function practiceQuery(staffRequest: {
  practices: readonly PracticeChoice[];
  practice: PracticeChoice | null;
}): {
  practice: string | null;
} {
  return { practice: staffRequest.practices.length > 1 ? (staffRequest.practice?.id ?? null) : null };
}
