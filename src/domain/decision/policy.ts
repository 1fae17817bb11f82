import { hash } from 'node:crypto';
import { z } from 'zod';

/** Raised when a rule in this folder changes its answer, so that everyone is decided again after an upgrade. */
const rulesVersion = 1;

/** Who one practice invites. Every member has a default, so `{}` is a whole policy. */
export const invitePolicySchema = z
  .strictObject({
    /** `after-approval`: the first campaign waits until staff approve the plan; later new clients follow by themselves. */
    welcome: z.enum(['automatic', 'after-approval', 'manual']).default('after-approval'),
    /** More addresses that mean "has no email": `none@ourvet.com`, `@ourvet.com`, `frontdesk@`, or with `*`. */
    placeholders: z.array(z.string().trim().min(2).max(254)).max(1000).default([]),
    /** Addresses that look like placeholders and are not. */
    realAddresses: z.array(z.string().trim().min(3).max(254)).max(1000).default([]),
    /** An address that more clients of the practice than this have is held. */
    sharedAddressLimit: z.int().min(1).max(1000).default(4),
    /** Days without an invitation after the last living pet died; 0 turns the hold off. */
    griefDays: z.int().min(0).max(3650).default(90),
    /** Classes of clients who are never invited (referral hospitals, rescues), as the PIMS writes them; case is ignored. */
    excludedClasses: z.array(z.string().trim().min(1).max(200)).max(1000).default([]),
    /** Only clients seen in this many months are invited; null invites all. */
    visitWithinMonths: z.int().min(1).max(600).nullable().default(null),
    /** When more than this share of the known clients is missing, the run stops and asks. */
    missingLimitShare: z.number().min(0).max(1).default(0.2),
    /** Nobody is invited on data that were read longer ago. */
    maxDataAgeHours: z.number().min(1).max(8760).default(36),
  })
  .readonly();

export type InvitePolicy = z.infer<typeof invitePolicySchema> & {
  /** Addresses of the practice itself, which are no client's: those it writes from and is asked at. Not configured here. */
  readonly ownAddresses?: readonly string[];
};

export const defaultPolicy: InvitePolicy = invitePolicySchema.parse({});

/**
 * Sixteen hex digits that change when the policy, or the rules it is read by, could decide someone differently.
 * Stored beside a decision, it tells which decisions are stale. How emails are released and the safety stop do not count.
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
