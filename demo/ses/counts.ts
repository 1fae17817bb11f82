import type { AcceptedMail } from './mails.js';
import type { Outcome } from './options.js';
import type { RefusalReason } from './refusal.js';

export type Counts = ReturnType<typeof createCounts>;

/** SES groups GetSendStatistics by quarters of an hour; in milliseconds. */
const quarter = 15 * 60_000;

/** Counts everything that this endpoint did since it started or was cleared, without a limit. */
export function createCounts() {
  const byDestination = new Map<string, number>();
  const byDomain = new Map<string, { mails: number; lastAt: number }>();
  const byTag = new Map<string, number>();
  const bySecond = new Map<number, number>();
  const actions = new Map<string, number>();
  const refused = new Map<RefusalReason, number>();
  const quarters = new Map<number, { attempts: number; bounces: number; complaints: number; rejects: number }>();
  const totals = { mails: 0, recipients: 0, answersLost: 0, requestsDropped: 0 };
  let firstAt: number | undefined;
  let lastAt: number | undefined;

  function quarterOf(at: number) {
    const start = Math.floor(at / quarter) * quarter;
    const found = quarters.get(start) ?? { attempts: 0, bounces: 0, complaints: 0, rejects: 0 };
    quarters.set(start, found);
    return found;
  }

  return {
    called: (action: string): void => add(actions, action),
    refused: (reason: RefusalReason): void => add(refused, reason),
    answerLost: (): void => void (totals.answersLost += 1),
    requestDropped: (): void => void (totals.requestsDropped += 1),
    accepted(mail: AcceptedMail): void {
      const at = mail.at.getTime();
      totals.mails += 1;
      totals.recipients += mail.destinations.length;
      firstAt ??= at;
      lastAt = at;
      for (const destination of mail.destinations) {
        const address = destination.toLowerCase();
        add(byDestination, address);
        const domain = address.slice(address.lastIndexOf('@') + 1);
        byDomain.set(domain, { mails: (byDomain.get(domain)?.mails ?? 0) + 1, lastAt: at });
      }
      for (const [name, value] of Object.entries(mail.tags)) add(byTag, `${name}=${value}`);
      add(bySecond, Math.floor(at / 1_000), mail.destinations.length);
      quarterOf(at).attempts += mail.destinations.length;
    },
    outcome(outcome: Outcome, at: number): void {
      if (outcome === 'bounce' || outcome === 'suppressed') quarterOf(at).bounces += 1;
      if (outcome === 'complaint') quarterOf(at).complaints += 1;
      if (outcome === 'reject') quarterOf(at).rejects += 1;
    },
    /** Returns the number of accepted emails to this address. */
    acceptedTo: (address: string): number => byDestination.get(address.toLowerCase()) ?? 0,
    /** Returns the number of accepted emails with this tag. */
    acceptedWithTag: (name: string, value: string): number => byTag.get(`${name}=${value}`) ?? 0,
    /** Returns all counts: accepted emails by address and by `name=value` tag. */
    ledger: () => ({ destinations: Object.fromEntries(byDestination), tags: Object.fromEntries(byTag) }),
    statistics: () => [...quarters].map(([start, counted]) => ({ at: new Date(start), ...counted })),
    summary: () => ({
      accepted: { mails: totals.mails, recipients: totals.recipients, addresses: byDestination.size },
      answersLost: totals.answersLost,
      requestsDropped: totals.requestsDropped,
      refused: Object.fromEntries(refused) as Partial<Record<RefusalReason, number>>,
      actions: Object.fromEntries(actions),
      /** Milliseconds since 1970 of the first and last acceptance. */
      firstAt,
      lastAt,
      /** Accepted emails by the domain of their recipients, with the time of the last acceptance. */
      domains: Object.fromEntries(byDomain),
      /** Recipients accepted in each second since 1970. */
      perSecond: Object.fromEntries(bySecond),
    }),
    clear(): void {
      for (const map of [byDestination, byDomain, byTag, bySecond, actions, refused, quarters]) map.clear();
      Object.assign(totals, { mails: 0, recipients: 0, answersLost: 0, requestsDropped: 0 });
      firstAt = lastAt = undefined;
    },
  };
}

function add<Key>(map: Map<Key, number>, key: Key, by = 1): void {
  map.set(key, (map.get(key) ?? 0) + by);
}
