import type { RolloutSettings } from '../settings.js';

/** Known delivery results of a practice's emails. */
export interface DeliveryCounts {
  /** Accepted by SES. */
  handedOver: number;
  bounced: number;
  complained: number;
}

type Limits = Pick<RolloutSettings, 'bouncePercent' | 'complaintPercent'>;

/**
 * Minimum count, because one bounce among 25 is already 4 % and proves nothing: a list as good as most has three in 25
 * once in 26 times.
 */
const fewestBounces = 3;
const fewestComplaints = 2;

/**
 * Returns why a practice's emails must stop, as a sentence for staff; null while results are good. SES judges the whole
 * account: it reviews from 5 % bounces and 0.1 % complaints, so one practice's bad list would stop every practice.
 */
export function safetyStop({ handedOver, bounced, complained }: DeliveryCounts, limits: Limits): string | null {
  const over = (count: number, fewest: number, percent: number) =>
    count >= fewest && handedOver > 0 && (count / handedOver) * 100 >= percent;
  const share = (count: number) => `${count} of ${handedOver} (${((count / handedOver) * 100).toFixed(1)} %)`;
  if (over(bounced, fewestBounces, limits.bouncePercent)) {
    return `${share(bounced)} emails bounced; at ${limits.bouncePercent} % sending stops automatically, before Amazon SES would stop it for every practice. Correct the addresses on the Tasks page, then resume.`;
  }
  if (over(complained, fewestComplaints, limits.complaintPercent)) {
    return `${share(complained)} people marked the email as spam; at ${limits.complaintPercent} % sending stops automatically, before Amazon SES would stop it for every practice. Ask who expects these emails before you resume.`;
  }
  return null;
}

/** Progress of a rollout. */
export interface Campaign {
  /** Total emails that may be sent by the end of this step; null if all may go. */
  step: number | null;
  /** Remaining emails of this step. */
  allowance: number | null;
  watchUntil: Date | null;
}

export function firstStep(rollout: RolloutSettings | false): Campaign {
  if (!rollout) return { step: null, allowance: null, watchUntil: null };
  return { step: rollout.first, allowance: rollout.first, watchUntil: null };
}

/** Emails sent or under way when a step's allowance is used up. */
export interface Out {
  handedOver: number;
  /** Queued, being sent, or uncertain. */
  underWay: number;
  lastHandedAt: Date | null;
}

/**
 * Returns the next state of a campaign whose allowance is used up: return unused allowance, wait for emails under way,
 * watch the results, then widen.
 */
export function nextStep(campaign: Campaign, out: Out, rollout: RolloutSettings | false, now: Date): Campaign {
  const { step } = campaign;
  if (!rollout || step === null) return { step: null, allowance: null, watchUntil: null };
  const missing = step - out.handedOver - out.underWay;
  if (missing > 0) return { step, allowance: missing, watchUntil: null };
  if (out.underWay > 0) return { step, allowance: 0, watchUntil: null };
  const watchUntil = new Date((out.lastHandedAt ?? now).getTime() + rollout.watchMinutes * 60_000);
  if (watchUntil > now) return { step, allowance: 0, watchUntil };
  // More emails may be out than the step allowed, from before the rollout was switched on.
  let wider = step * rollout.factor;
  while (wider <= out.handedOver) wider *= rollout.factor;
  if (Math.max(step, wider / rollout.factor) >= rollout.last) return { step: null, allowance: null, watchUntil: null };
  return { step: wider, allowance: wider - out.handedOver, watchUntil: null };
}
