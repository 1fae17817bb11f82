import { DateTime } from 'luxon';
import type { Connector } from '../connectors/contract.js';
import { decideAlone } from '../domain/decision/eligibility.js';
import type { InvitePolicy } from '../domain/decision/policy.js';
import type { FirstDecision } from '../store/clients/client-copy.js';

/** The settings of a practice that a sync needs. */
export interface SyncedPractice {
  id: string;
  name: string;
  timeZone: string;
  /** ISO country for phones without a country code. */
  country: string;
  policy: InvitePolicy;
  /** Clients per page. */
  pageSize: number;
  /** Opens the practice's connector; the caller closes it. */
  connect(): Promise<Connector>;
}

/** Returns the calendar date at the practice, `YYYY-MM-DD`. */
export function localDate(timeZone: string, now: Date): string {
  return DateTime.fromJSDate(now, { zone: timeZone }).toISODate() as string;
}

/** Returns a function that decides about a client today as if it were the only one. */
export function firstDecision(practice: Pick<SyncedPractice, 'timeZone' | 'policy'>, now: Date): FirstDecision {
  const today = localDate(practice.timeZone, now);
  return (client, person) => decideAlone(client, person, practice.policy, today);
}
