import type { Client } from './client.js';
import type { Person } from './person.js';
import type { InvitePolicy } from './policy.js';
import type { ReasonCode, Verdict } from './reasons.js';

/** Why SES must not write to an address again. */
export type Suppression = 'bounced' | 'complained' | 'unsubscribed';

/** A client of the same practice with the same `twinKey`. */
export interface Twin {
  pimsId: string;
  emailKey: string | null;
}

/** All that a decision about one client rests on. */
export interface DecisionFacts {
  client: Client;
  person: Person;
  /** Missing from a complete pass. */
  vanished: boolean;
  /** The id now carries somebody else's row. */
  identityConflict: boolean;
  mergedInto: string | null;
  /** Living client records of this practice with the same login key, this one included. */
  sharedBy: number;
  twins: readonly Twin[];
  suppressed: Suppression | null;
  /** The account this client has or would get: none yet, never logged in, in use, or closed. */
  account: 'none' | 'pending' | 'used' | 'closed';
  /** True when that account is already linked to this client. */
  linked: boolean;
  /** Hold reasons that staff have overruled for this client ("invite anyway"). */
  allowed: readonly ReasonCode[];
}

export interface Decision {
  verdict: Verdict;
  reason: ReasonCode;
  /** For staff, with what to do. Names flags, codes and addresses of this client; never a secret. */
  sentence: string;
  /** `YYYY-MM-DD` in the practice's zone: the day on which time alone may change the answer. */
  decideAgainOn: string | null;
}

/** `today` is the practice's own calendar date, `YYYY-MM-DD`. */
export function decide(_facts: DecisionFacts, _policy: InvitePolicy, _today: string): Decision {
  throw new Error('not yet written');
}
