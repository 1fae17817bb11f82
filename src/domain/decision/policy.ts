import { hash } from 'node:crypto';
import { z } from 'zod';

/** Increase this when a rule in this folder changes its result, so that an upgrade evaluates every client again. */
const rulesVersion = 1;

/** The invitation policy of one practice. Every member has a default, so `{}` is a complete policy. */
export const invitePolicySchema = z
  .strictObject({
    /** `after-approval`: the first campaign waits until staff approve the plan; later new clients need no approval. */
    welcome: z.enum(['automatic', 'after-approval', 'manual']).default('after-approval'),
    /** More addresses that mean "has no email": `none@ourvet.com`, `@ourvet.com`, `frontdesk@`, or with `*`. */
    placeholders: z.array(z.string().trim().min(2).max(254)).max(1000).default([]),
    /** Addresses that look like placeholders and are not. */
    realAddresses: z.array(z.string().trim().min(3).max(254)).max(1000).default([]),
    /** Clients are held if more clients of the practice than this share their address. */
    sharedAddressLimit: z.int().min(1).max(1000).default(4),
    /** Days without an invitation after the last living pet died; 0 turns the hold off. */
    griefDays: z.int().min(0).max(3650).default(90),
    /** Client classes that are never invited (referral hospitals, rescues), as written in the PIMS; case is ignored. */
    excludedClasses: z.array(z.string().trim().min(1).max(200)).max(1000).default([]),
    /** Invite only clients with a visit in this many months; null invites all. */
    visitWithinMonths: z.int().min(1).max(600).nullable().default(null),
    /** The safety stop stops a run if more than this share of the known clients is missing (0 to 1). */
    missingLimitShare: z.number().min(0).max(1).default(0.2),
    /** Send no invitation if the data was read longer ago than this. */
    maxDataAgeHours: z.number().min(1).max(8760).default(36),
  })
  .readonly();

export type InvitePolicy = z.infer<typeof invitePolicySchema> & {
  /** The practice's own addresses (sender, reply-to and support), which belong to no client. Not configured here. */
  readonly ownAddresses?: readonly string[];
};

export const defaultPolicy: InvitePolicy = invitePolicySchema.parse({});

/**
 * Returns 16 hex digits that change if the policy, or the version of the rules, could change a decision. The store
 * keeps the key and uses it to find stale decisions. How emails are released and the limit of the safety stop have no
 * effect.
 */
export function policyKey(policy: InvitePolicy): string {
  const decisive = [
    rulesVersion,
    [...policy.placeholders].sort(),
    [...policy.realAddresses].sort(),
    policy.sharedAddressLimit,
    policy.griefDays,
    [...policy.excludedClasses].sort(),
    policy.visitWithinMonths,
    [...(policy.ownAddresses ?? [])].sort(),
  ];
  return hash('sha256', JSON.stringify(decisive), 'hex').slice(0, 16);
}
