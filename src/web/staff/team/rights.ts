import { Problem } from '../../../lib/problem.js';
import type { StaffRole } from '../../../store/access/staff.js';

/**
 * Roles with each right. An operator runs the servers and sees no passwords; the front desk helps single pet parents; a
 * manager also acts on many at once; only an owner manages staff.
 */
const rights = {
  'see-people': ['owner', 'manager', 'front-desk', 'operator'],
  'see-passwords': ['owner', 'manager', 'front-desk'],
  'help-person': ['owner', 'manager', 'front-desk'],
  'settle-identity': ['owner', 'manager'],
  'run-campaigns': ['owner', 'manager'],
  'export-list': ['owner', 'manager'],
  resync: ['owner', 'manager', 'front-desk', 'operator'],
  'close-work': ['owner', 'manager', 'front-desk'],
  'edit-branding': ['owner', 'manager'],
  'see-history': ['owner', 'manager'],
  'manage-staff': ['owner'],
  'manage-tokens': ['owner'],
  'run-machines': ['operator'],
} as const satisfies Record<string, readonly StaffRole[]>;

export type Right = keyof typeof rights;

export function may(role: StaffRole, right: Right): boolean {
  return (rights[right] as readonly StaffRole[]).includes(role);
}

/** Requires that a role has a right. @throws Problem `not-allowed` */
export function mustBeAllowed(role: StaffRole, right: Right): void {
  if (may(role, right)) return;
  throw new Problem({
    code: 'not-allowed',
    message: 'Your role does not include this.',
    help: 'An owner of the practice can do it, or can change your role.',
  });
}

export const roleNames: Record<StaffRole, string> = {
  owner: 'Owner',
  manager: 'Manager',
  'front-desk': 'Front desk',
  operator: 'Operator',
};
