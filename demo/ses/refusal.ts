/** Why a call was refused, for the counts: one stable word whatever the message says. */
export type RefusalReason =
  | 'invalid-action'
  | 'no-authentication'
  | 'malformed-request'
  | 'too-large'
  | 'recipients'
  | 'address'
  | 'header'
  | 'tag'
  | 'configuration-set'
  | 'sending-paused'
  | 'unverified'
  | 'daily-quota'
  | 'rate'
  | 'fault-throttle'
  | 'fault-500';

/** An answer of SES that is an error: the code and message that the real one gives. */
export class SesRefusal extends Error {
  readonly reason: RefusalReason;
  readonly code: string;
  readonly status: number;

  constructor(reason: RefusalReason, code: string, message: string, status = 400) {
    super(message);
    this.name = 'SesRefusal';
    this.reason = reason;
    this.code = code;
    this.status = status;
  }
}

/** Most of what is wrong with a request: code InvalidParameterValue. */
export function invalid(reason: RefusalReason, message: string): SesRefusal {
  return new SesRefusal(reason, 'InvalidParameterValue', message);
}

/** Both limits share the code; only the message tells them apart (dg/manage-sending-quotas-errors). */
export function throttled(reason: 'rate' | 'daily-quota' | 'fault-throttle'): SesRefusal {
  const message = reason === 'daily-quota' ? 'Daily message quota exceeded.' : 'Maximum sending rate exceeded.';
  return new SesRefusal(reason, 'Throttling', message);
}
