/** The reason of a refusal, used in the counts: a stable code, independent of the message. */
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

/** An error answer of SES, with the code and message of the real service. */
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

/** Builds the most common refusal of a request: code InvalidParameterValue. */
export function invalid(reason: RefusalReason, message: string): SesRefusal {
  return new SesRefusal(reason, 'InvalidParameterValue', message);
}

/** Builds a throttling refusal. Both limits share the code and differ in the message (dg/manage-sending-quotas-errors). */
export function throttled(reason: 'rate' | 'daily-quota' | 'fault-throttle'): SesRefusal {
  const message = reason === 'daily-quota' ? 'Daily message quota exceeded.' : 'Maximum sending rate exceeded.';
  return new SesRefusal(reason, 'Throttling', message);
}
