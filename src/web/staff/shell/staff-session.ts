import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Secret } from '../../../lib/secret.js';
import { listPractices, type AllowedPractices } from '../../../store/access/allowed-practices.js';
import type { Act, Actor } from '../../../store/access/audit.js';
import { findSession } from '../../../store/access/sessions.js';
import { actorOf, loadStaff, type Staff } from '../../../store/access/staff.js';
import type { Cookies } from '../../http/cookies.js';
import type { WebDeps } from '../../deps.js';
import { may, mustBeAllowed, type Right } from '../team/rights.js';

export interface PracticeChoice {
  id: string;
  name: string;
  timeZone: string;
}

/** Request of a signed-in staff member: identity, allowed practices and the chosen practice. */
export interface StaffRequest {
  staff: Staff;
  actor: Actor;
  /** An action of this person, now. */
  act: Act;
  allowed: AllowedPractices;
  practices: PracticeChoice[];
  /** Practice of the page; null only for staff without a practice. */
  practice: PracticeChoice | null;
  token: Secret;
  /** Links to the operator pages; empty for other roles. */
  machines: readonly { name: string; href: string }[];
  /** Network address, for the audit trail. */
  address: string;
  /** Key that the CSRF tokens of forms are bound to. */
  key: string;
}

/** Loads the signed-in staff member of a request; null without a session. */
export async function readStaffRequest(
  deps: WebDeps,
  cookies: Cookies,
  request: FastifyRequest,
): Promise<StaffRequest | null> {
  const token = cookies.token(request, 'staff');
  if (!token) return null;
  const { staff: life } = deps.settings.sessions;
  const session = await findSession(deps.db, token, 'staff', () => life, deps.clock);
  const loaded = session && (await loadStaff(deps.db, session.subjectId));
  if (!loaded) return null;
  const actor = actorOf(loaded.staff);
  const practices = await listPractices(deps.db, loaded.allowed);
  const asked = (request.params as { practice?: string }).practice ?? askedFor(request);
  return {
    ...loaded,
    actor,
    act: { actor, now: deps.clock(), newId: deps.newId },
    practices,
    practice: practices.find(({ id }) => id === asked) ?? practices[0] ?? null,
    token,
    machines: may(loaded.staff.role, 'run-machines') ? (deps.plugins.operatorLinks ?? []) : [],
    address: request.ip,
    key: createHash('sha256').update(`form ${token.open()}`).digest('base64url'),
  };
}

/** Returns the staff request of a page behind the sign-in. @throws Problem `not-allowed` if the role lacks the right */
export function staffRequestOf(request: FastifyRequest, right?: Right): StaffRequest {
  const { staffRequest } = request;
  if (!staffRequest) throw new Error('a staff page was registered outside the signed-in part');
  if (right) mustBeAllowed(staffRequest.staff.role, right);
  return staffRequest;
}

function askedFor(request: FastifyRequest): string | undefined {
  const fromQuery = (request.query as { practice?: unknown }).practice;
  const fromBody = (request.body as { practice?: unknown } | undefined | null)?.practice;
  const asked = fromBody ?? fromQuery;
  return typeof asked === 'string' ? asked : undefined;
}

declare module 'fastify' {
  interface FastifyRequest {
    staffRequest: StaffRequest | null;
  }
}
