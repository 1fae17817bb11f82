import type { Clock } from '../lib/ids.js';
import { codeOf } from '../lib/problem.js';
import { scrub } from '../lib/scrub.js';
import type { Database } from '../store/db/database.js';
import {
  claimStaffMail,
  endStaffMail,
  invitationHours,
  type StaffMailClaim,
  type StaffMailEnd,
} from '../store/messages/staff-messages.js';
import type { MailLog } from './log.js';
import { asciiAddress, mimeOf } from './ses/mime.js';
import type { Renderer } from './render.js';
import type { Answer } from './ses/ses-answer.js';
import type { MailTransport } from './ses/ses-transport.js';
import { practiceMail, practiceMailSchema, type MailSettings, type PracticeMail } from './settings.js';

export interface StaffMailerDeps {
  db: Database;
  clock: Clock;
  transport: Pick<MailTransport, 'send'>;
  renderer: Renderer;
  /** Mail settings of a practice; null if it is not configured or its branding cannot be used. */
  settings(practiceId: string): PracticeMail | null;
  general: MailSettings;
  /** Base URL of the console, without a trailing slash. */
  publicUrl: string;
  log: MailLog;
}

export type StaffMailer = ReturnType<typeof createStaffMailer>;

/**
 * Sends an email to a staff member: claim, render, hand over to SES, store the answer. Safe to call twice for one
 * email. As for pet parents, the link is created at the claim, and an email whose answer was lost is never sent again
 * on a guess.
 */
export function createStaffMailer(deps: StaffMailerDeps) {
  const { db, clock, transport, renderer, general, log } = deps;
  const hours = { 'staff-invitation': invitationHours, 'staff-password-reset': general.resetHours };

  /** Appearance of a staff email: the practice's branding; neutral for an operator, who has no practice. */
  function lookOf(practiceId: string | null): PracticeMail {
    const mail = practiceId === null ? null : deps.settings(practiceId);
    return {
      ...(mail ?? neutral(general)),
      // The token follows the `#`, as in the links for pet parents: browsers do not send that part to any server.
      resetUrl: `${deps.publicUrl}/staff/invitation#{token}`,
      listUnsubscribe: null,
      texts: {},
    };
  }

  async function make(claim: StaffMailClaim, mail: PracticeMail): Promise<Uint8Array> {
    const { id, kind, name, email, token, expiresAt, requestedBy } = claim;
    const person = { firstName: name, lastName: null, email, pets: [], password: null, expiresAt };
    const rendered = await renderer.render(mail, kind, { ...person, resetToken: token, invitedBy: requestedBy });
    const to = { name, address: asciiAddress(email) };
    return mimeOf(rendered, { mail, to, messageId: id, attemptId: id, date: clock() });
  }

  async function handOver(claim: StaffMailClaim): Promise<StaffMailEnd> {
    const mail = lookOf(claim.practiceId);
    let raw: Uint8Array;
    try {
      raw = await make(claim, mail);
    } catch (error) {
      log.error(
        { staffMessageId: claim.id, code: codeOf(error), error: scrub(String(error)) },
        'rendering an email failed',
      );
      return { state: 'rejected', detail: 'The email could not be rendered.' };
    }
    const answer = await transport.send({
      from: mail.from.address,
      to: asciiAddress(claim.email),
      raw,
      // SES events find the email by this tag.
      tags: { attempt: claim.id },
    });
    return endOf(answer, clock());
  }

  return {
    async send(staffMessageId: string): Promise<{ did: string } | { skipped: string }> {
      const claimed = await claimStaffMail(db, staffMessageId, hours, clock());
      if ('skipped' in claimed) return claimed;
      const end = await handOver(claimed.claim);
      await endStaffMail(db, staffMessageId, end, clock());
      return { did: end.state };
    },
  };
}

const waitSeconds = { throttled: 5, unreachable: 30, account: 300, 'daily-quota': 900 } as const;

function endOf(answer: Answer, now: Date): StaffMailEnd {
  switch (answer.kind) {
    case 'accepted':
      return { state: 'accepted', messageId: answer.messageId };
    case 'refused':
      return { state: 'rejected', detail: `Amazon SES refused it: ${scrub(answer.message)}` };
    case 'unknown':
      return { state: 'uncertain', detail: `The answer of Amazon SES was lost (${answer.code}).` };
    default: {
      const again = new Date(now.getTime() + waitSeconds[answer.kind] * 1000);
      return { state: 'queued', detail: `Amazon SES does not accept it now (${answer.code}).`, again };
    }
  }
}

function neutral(general: MailSettings): PracticeMail {
  const identity = { id: 'console', name: 'pims-sync', timeZone: 'UTC' };
  return practiceMail(identity, practiceMailSchema.parse({ support: { email: general.from } }), general);
}
