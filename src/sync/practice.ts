import { DateTime } from 'luxon';
import type { Connector } from '../connectors/contract.js';
import { decideAlone } from '../domain/decision/eligibility.js';
import type { InvitePolicy } from '../domain/decision/policy.js';
import type { FirstDecision } from '../store/clients/client-copy.js';

/** A practice as a sync needs it. */
export interface SyncedPractice {
  id: string;
  name: string;
  timeZone: string;
  /** ISO country for phones written without one. */
  country: string;
  policy: InvitePolicy;
  /** Clients a page. */
  pageSize: number;
  /** Opens the practice's connector; the caller closes it. */
  connect(): Promise<Connector>;
}

/** The calendar date at the practice, `YYYY-MM-DD`. */
export function localDate(timeZone: string, now: Date): string {
  return DateTime.fromJSDate(now, { zone: timeZone }).toISODate() as string;
}

/** What the practice would decide today about a client who is the only one. */
export function firstDecision(practice: Pick<SyncedPractice, 'timeZone' | 'policy'>, now: Date): FirstDecision {
  const today = localDate(practice.timeZone, now);
  return (client, person) => decideAlone(client, person, practice.policy, today);
}
