import type { Secret } from '../../lib/secret.js';
import type { Recipient } from './send-facts.js';
import type { MessageKind } from '../db/tables.js';

/** A claimed message: the claim is committed, so that no other worker sends it. */
export interface Claim {
  messageId: string;
  accountId: string;
  attemptId: string;
  /** 1 for the first attempt of this message. */
  number: number;
  claimedAt: Date;
  kind: MessageKind;
  practiceId: string;
  recipient: Recipient;
  /** Names of living pets at the practice. */
  pets: string[];
  /** The valid temporary password, for message kinds that contain one. */
  password: Secret | null;
  resetToken: Secret | null;
  /** Expiry of the password or the reset link. */
  expiresAt: Date | null;
  /** Sending is stopped, and this message tests whether SES accepts emails again. */
  probing: boolean;
}

/** Returns the lifetimes of a practice's secrets; null if the practice is no longer configured. */
export type LifetimesOf = (practiceId: string) => { passwordDays: number; resetHours: number } | null;
