import type { RolloutSettings } from '../settings.js';

/** How a practice's emails fared, as far as is known. */
export interface DeliveryCounts {
  /** Taken by SES. */
  handedOver: number;
  bounced: number;
  complained: number;
}

type Limits = Pick<RolloutSettings, 'bouncePercent' | 'complaintPercent'>;

/** One bounce among 25 is 4 % already and tells nothing: a list as good as most has three in 25 once in 26 times. */
const fewestBounces = 3;
const fewestComplaints = 2;

/**
 * Why a practice's emails must stop, as a sentence for staff; null while they fare well. SES looks at the whole account:
 * it reviews from 5 % bounces and 0.1 % complaints on, and one practice's bad list would stop every practice.
 */
export function safetyStop({ handedOver, bounced, complained }: DeliveryCounts, limits: Limits): string | null {
  const over = (count: number, fewest: number, percent: number) =>
    count >= fewest && handedOver > 0 && (count / handedOver) * 100 >= percent;
  const share = (count: number) => `${count} of ${handedOver} (${((count / handedOver) * 100).toFixed(1)} %)`;
  if (over(bounced, fewestBounces, limits.bouncePercent)) {
    return `${share(bounced)} emails bounced; at ${limits.bouncePercent} % sending stops by itself, before Amazon SES would stop it for everyone. Correct the addresses on the work list, then resume.`;
  }
  if (over(complained, fewestComplaints, limits.complaintPercent)) {
    return `${share(complained)} people marked the email as spam; at ${limits.complaintPercent} % sending stops by itself, before Amazon SES would stop it for everyone. Ask who expects these emails before you resume.`;
  }
  return null;
}

/** How far a careful campaign has come. */
export interface Campaign {
  /** So many emails may be out by the end of this step; null when all may go. */
  step: number | null;
  /** How many of them may still be dispatched. */
  allowance: number | null;
  watchUntil: Date | null;
}

export function firstStep(rollout: RolloutSettings | false): Campaign {
  if (!rollout) return { step: null, allowance: null, watchUntil: null };
  return { step: rollout.first, allowance: rollout.first, watchUntil: null };
}

/** What is out at the end of a step's allowance. */
export interface Out {
  handedOver: number;
  /** Queued, being sent, or uncertain. */
  underWay: number;
  lastHandedAt: Date | null;
}

/**
 * The next move of a campaign whose allowance is used up: give back what did not go, wait for what is under way, watch, and
 * then widen.
 */
export function nextStep(campaign: Campaign, out: Out, rollout: RolloutSettings | false, now: Date): Campaign {
  const { step } = campaign;
  if (!rollout || step === null) return { step: null, allowance: null, watchUntil: null };
  const missing = step - out.handedOver - out.underWay;
  if (missing > 0) return { step, allowance: missing, watchUntil: null };
  if (out.underWay > 0) return { step, allowance: 0, watchUntil: null };
  const watchUntil = new Date((out.lastHandedAt ?? now).getTime() + rollout.watchMinutes * 60_000);
  if (watchUntil > now) return { step, allowance: 0, watchUntil };
  // More may be out than the step allowed: from before the campaign was careful.
  let wider = step * rollout.factor;
  while (wider <= out.handedOver) wider *= rollout.factor;
  if (Math.max(step, wider / rollout.factor) >= rollout.last) return { step: null, allowance: null, watchUntil: null };
  return { step: wider, allowance: wider - out.handedOver, watchUntil: null };
}
