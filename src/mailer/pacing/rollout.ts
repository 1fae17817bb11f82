import type { CanarySettings } from '../settings.js';

/** How a practice's mails fared, as far as is known. */
export interface Fared {
  /** Taken by SES. */
  handedOver: number;
  bounced: number;
  complained: number;
}

type Limits = Pick<CanarySettings, 'bouncePercent' | 'complaintPercent'>;

/** One bounce among 25 is 4 % already and tells nothing: a list as good as most has three in 25 once in 26 times. */
const fewestBounces = 3;
const fewestComplaints = 2;

/**
 * Why a practice's mails must stop, as a sentence for staff; null while they fare well. SES looks at the whole account:
 * it reviews from 5 % bounces and 0.1 % complaints on, and one practice's bad list would stop every practice.
 */
export function brake({ handedOver, bounced, complained }: Fared, limits: Limits): string | null {
  const over = (count: number, fewest: number, percent: number) =>
    count >= fewest && handedOver > 0 && (count / handedOver) * 100 >= percent;
  const share = (count: number) => `${count} of ${handedOver} (${((count / handedOver) * 100).toFixed(1)} %)`;
  if (over(bounced, fewestBounces, limits.bouncePercent)) {
    return `${share(bounced)} mails bounced; at ${limits.bouncePercent} % sending stops by itself, before Amazon SES would stop it for everyone. Correct the addresses on the work list, then resume.`;
  }
  if (over(complained, fewestComplaints, limits.complaintPercent)) {
    return `${share(complained)} people marked the mail as spam; at ${limits.complaintPercent} % sending stops by itself, before Amazon SES would stop it for everyone. Ask who expects these mails before you resume.`;
  }
  return null;
}

/** How far a careful wave has come. */
export interface Wave {
  /** So many mails may be out by the end of this step; null when all may go. */
  step: number | null;
  /** How many of them may still be dispatched. */
  allowance: number | null;
  watchUntil: Date | null;
}

export function firstStep(canary: CanarySettings | false): Wave {
  if (!canary) return { step: null, allowance: null, watchUntil: null };
  return { step: canary.first, allowance: canary.first, watchUntil: null };
}

/** What is out at the end of a step's allowance. */
export interface Out {
  handedOver: number;
  /** Queued, being sent, or uncertain. */
  underWay: number;
  lastHandedAt: Date | null;
}

/**
 * The next move of a wave whose allowance is used up: give back what did not go, wait for what is under way, watch, and
 * then widen.
 */
export function nextStep(wave: Wave, out: Out, canary: CanarySettings | false, now: Date): Wave {
  const { step } = wave;
  if (!canary || step === null) return { step: null, allowance: null, watchUntil: null };
  const missing = step - out.handedOver - out.underWay;
  if (missing > 0) return { step, allowance: missing, watchUntil: null };
  if (out.underWay > 0) return { step, allowance: 0, watchUntil: null };
  const watchUntil = new Date((out.lastHandedAt ?? now).getTime() + canary.watchMinutes * 60_000);
  if (watchUntil > now) return { step, allowance: 0, watchUntil };
  // More may be out than the step allowed: from before the wave was careful.
  let wider = step * canary.factor;
  while (wider <= out.handedOver) wider *= canary.factor;
  if (Math.max(step, wider / canary.factor) >= canary.last)
    return { step: null, allowance: null, watchUntil: null };
  return { step: wider, allowance: wider - out.handedOver, watchUntil: null };
}
