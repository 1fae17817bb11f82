import type { Secret } from '../../lib/secret.js';
import type { Recipient } from './send-facts.js';
import type { MessageKind } from '../db/tables.js';

/** An email that is ours to hand over: the claim is committed, nobody else will send it. */
export interface Claim {
  messageId: string;
  accountId: string;
  attemptId: string;
  /** 1 for the first attempt of this email. */
  number: number;
  claimedAt: Date;
  kind: MessageKind;
  practiceId: string;
  recipient: Recipient;
  /** Names of living pets at the practice. */
  pets: string[];
  /** The living temporary password, for the kinds that tell one. */
  password: Secret | null;
  resetToken: Secret | null;
  /** When the password or the reset link runs out. */
  expiresAt: Date | null;
  /** The queue is stopped and this email tries whether SES takes emails again. */
  probing: boolean;
}

/** How long a practice's secrets live; null when the configuration no longer knows the practice. */
export type LifetimesOf = (practiceId: string) => { passwordDays: number; resetHours: number } | null;
