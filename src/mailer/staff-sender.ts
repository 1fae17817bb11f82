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
  /** How a practice's emails look; null when it is not configured or cannot be used. */
  settings(practiceId: string): PracticeMail | null;
  general: MailSettings;
  /** Where the console is, without a slash at the end. */
  publicUrl: string;
  log: MailLog;
}

export type StaffMailer = ReturnType<typeof createStaffMailer>;

/**
 * Sends an email to someone of the staff: claim, render, hand over, write down the answer. Safe to call twice for one
 * mail. As for pet parents, the link is made at the claim, and an answer that was lost is never sent again by guess.
 */
export function createStaffMailer(deps: StaffMailerDeps) {
  const { db, clock, transport, renderer, general, log } = deps;
  const hours = { 'staff-invitation': invitationHours, 'staff-password-reset': general.resetHours };

  /** In the name and colours of the practice; an operator's in nobody's. */
  function lookOf(practiceId: string | null): PracticeMail {
    const mail = practiceId === null ? null : deps.settings(practiceId);
    return {
      ...(mail ?? neutral(general)),
      // The token stands behind the `#`, as in the links for pet parents: browsers send that part to nobody.
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
        'a mail cannot be made',
      );
      return { state: 'rejected', detail: 'The mail cannot be made.' };
    }
    const answer = await transport.send({
      from: mail.from.address,
      to: asciiAddress(claim.email),
      raw,
      // What SES tells of it later finds it by this tag.
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
      return { state: 'queued', detail: `Amazon SES does not take it now (${answer.code}).`, again };
    }
  }
}

function neutral(general: MailSettings): PracticeMail {
  const identity = { id: 'console', name: 'pims-sync', timeZone: 'UTC' };
  return practiceMail(identity, practiceMailSchema.parse({ support: { email: general.from } }), general);
}
