import {
  accountIsOpen,
  clientIsWanted,
  hasNeverLoggedIn,
  hasNotBounced,
  isCurrent,
  isNotSuppressed,
  isRecent,
  practiceIsNotPaused,
  staffHaveAccess,
  type SendCheck,
  type RecipientFacts,
  type SendVerdict,
} from './send-checks.js';

/** One kind of email. Its texts are in `src/mailer/templates/templates.ts`. */
export interface KindDeclaration {
  audience: 'pet-parent' | 'staff';
  /** Label on pages and in command output. */
  name: string;
  /** Unsealed or created when the email is sent. The link works once. */
  secret: 'temporary-password' | 'link' | null;
  /** Validity of the link in hours. Default: the configured hours of a password reset. */
  linkHours?: number;
  /** Waits while the practice's emails are paused, can be recalled, and counts in the practice's rollout. */
  canBePaused: boolean;
  /** The rules about who may still be sent it, checked just before the hand-over to SES; the first objection decides. */
  checks: readonly SendCheck[];
  /** Tells the reader what to do if the email could never be rendered. */
  afterFailure: string;
}

const sendAgain = 'Once that is fixed, send it again from their page.';
const isReachable = [accountIsOpen, isCurrent, isNotSuppressed];
const handOver = 'Hand over a link instead.';

/** Validity of an invitation's link in hours, also of one that an owner hands over. */
export const invitationHours = 72;

/** Every kind of email. */
export const messageKinds = {
  welcome: {
    audience: 'pet-parent',
    name: 'Welcome Email',
    secret: 'temporary-password',
    canBePaused: true,
    checks: [...isReachable, hasNeverLoggedIn, practiceIsNotPaused, clientIsWanted],
    afterFailure: sendAgain,
  },
  'practice-added': {
    audience: 'pet-parent',
    name: 'Practice added',
    secret: null,
    canBePaused: true,
    checks: [...isReachable, practiceIsNotPaused, clientIsWanted],
    afterFailure: 'They can log in as before; only this message did not reach them.',
  },
  'new-temporary-password': {
    audience: 'pet-parent',
    name: 'New temporary password',
    secret: 'temporary-password',
    canBePaused: true,
    checks: [...isReachable, hasNeverLoggedIn, practiceIsNotPaused, clientIsWanted],
    afterFailure: sendAgain,
  },
  'password-reset': {
    audience: 'pet-parent',
    name: 'Password reset',
    secret: 'link',
    canBePaused: false,
    checks: [accountIsOpen, isCurrent, hasNotBounced],
    afterFailure: 'Once that is fixed, they can choose "Forgot password" again.',
  },
  'staff-invitation': {
    audience: 'staff',
    name: 'Invitation',
    secret: 'link',
    linkHours: invitationHours,
    canBePaused: false,
    checks: [staffHaveAccess, hasNotBounced, isRecent],
    afterFailure: handOver,
  },
  'staff-password-reset': {
    audience: 'staff',
    name: 'Link for a new password',
    secret: 'link',
    canBePaused: false,
    checks: [staffHaveAccess, hasNotBounced, isRecent],
    afterFailure: handOver,
  },
} as const satisfies Record<string, KindDeclaration>;

export type MessageKind = keyof typeof messageKinds;

/** The kinds whose declaration has these values. */
type KindsWith<Declared> = {
  [K in MessageKind]: (typeof messageKinds)[K] extends Declared ? K : never;
}[MessageKind];

export type PetParentKind = KindsWith<{ audience: 'pet-parent' }>;
export type PausableKind = KindsWith<{ canBePaused: true }>;

/** The kinds of the rules: an evaluation queues no other. */
export type InvitationKind = Extract<MessageKind, 'welcome' | 'practice-added'>;

function kindsWith<K extends MessageKind>(has: (declared: KindDeclaration) => boolean): K[] {
  return (Object.keys(messageKinds) as K[]).filter((kind) => has(messageKinds[kind]));
}

export const petParentKinds = kindsWith<PetParentKind>(({ audience }) => audience === 'pet-parent');
export const pausableKinds = kindsWith<PausableKind>(({ canBePaused }) => canBePaused);

/** The kinds with the temporary password. They are void once the account has a new address. */
export const loginKinds = kindsWith(({ secret }) => secret === 'temporary-password');

/** The kinds that let a pet parent in: with the temporary password, or with a link to set a password. */
export const accessKinds = petParentKinds.filter((kind) => messageKinds[kind].secret !== null);

/** Tells whether emails of a kind contain the temporary password. */
export function carriesLogin({ kind }: { kind: MessageKind }): boolean {
  return messageKinds[kind].secret === 'temporary-password';
}

/** The current facts that decide whether an email may be sent. */
export interface SendFacts extends RecipientFacts {
  kind: MessageKind;
}

/**
 * Decides whether an email may be sent. Runs in the transaction that claims the email, just before the hand-over to
 * SES, so that no email goes out if the pet parent logged in or opted out, the last pet died, or the address bounced
 * after it was queued.
 */
export function canBeSent(facts: SendFacts): SendVerdict {
  for (const check of messageKinds[facts.kind].checks) {
    const objection = check(facts);
    if (objection) return objection;
  }
  return { go: true };
}
