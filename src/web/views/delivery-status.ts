import type { DataWait } from '../../domain/message/data-age.js';
import { carriesLogin, messageKinds } from '../../domain/message/message-kinds.js';
import { messageReason, whyOf } from '../../domain/message/message-reasons.js';
import { pausedByBranding } from '../../store/messages/branding.js';
import { dataFrom, dataWaits } from '../../store/sync-runs/data-age.js';
import type { MessageLine } from '../../store/messages/message-lines.js';
import { emailFlow, type EmailFlow } from '../../store/messages/email-flow.js';
import type { MessageDetail } from '../../store/messages/message-history.js';
import type { PracticeInfo, WebDeps } from '../deps.js';
import type { Tone } from '../ui/notice.js';
import { mailWords } from '../ui/state-words.js';
import { dateTimeText } from '../ui/when.js';

/** Reason why a queued email is not sent now, and what ends the wait. */
export interface MailWait {
  title: string;
  more: string | null;
  tone: Tone;
  /** Start of the wait; null if unknown. */
  since: Date | null;
}

/** Current conditions that decide whether a practice's emails go out. */
export interface DeliveryConditions {
  flow: EmailFlow;
  /** Whether a sync must finish before any invitation, and the time of the data. */
  data: { wait: DataWait | null; from: Date | null };
  /** Null for a practice that is no longer configured. */
  info: Pick<PracticeInfo, 'quietUntil' | 'careful'> | null;
  timeZone: string;
  now: Date;
}

type QueuedMessage = Pick<MessageDetail['message'], 'kind' | 'urgent' | 'dueAt' | 'reason' | 'detail'>;

/** Returns what holds back all queued emails, most serious first; the worker checks in the same order. */
export function waitOfAll({ flow, info }: DeliveryConditions): MailWait | null {
  const { stop } = flow;
  if (stop)
    return {
      title: 'Sending is stopped for all practices.',
      more: `${stop.why} The operator of pims-sync is notified. No email is lost, and you need not resend anything.`,
      tone: 'bad',
      since: stop.since,
    };
  if (!info)
    return {
      title: messageReason('practice-not-configured'),
      more: 'The emails of this practice wait.',
      tone: 'warn',
      since: null,
    };
  return null;
}

/** Returns why the practice's emails are paused, by staff or automatically; null if they are not. Password resets still go out. */
export function waitWhilePaused({ flow, timeZone }: DeliveryConditions): MailWait | null {
  const { paused } = flow;
  if (!paused) return null;
  const { by, why } = paused;
  const stopped = by === 'safety-stop' || by === 'ses';
  const since = `Since ${dateTimeText(paused.since, timeZone)}.`;
  const end = 'Emails wait until a manager or the owner resumes mail.';
  return {
    title: stopped ? 'Mail was paused automatically.' : `Mail is paused by ${by || 'staff'}.`,
    // If staff paused mail, the stored reason only repeats the name.
    more: [why === `Paused by ${by}.` ? '' : why, since, by === pausedByBranding ? '' : end].filter(Boolean).join(' '),
    tone: 'warn',
    since: paused.since,
  };
}

/** Returns what holds back a campaign; null if nothing does. A single email requested by staff goes out anyway. */
export function waitOfCampaign({ flow, data, info, timeZone, now }: DeliveryConditions): MailWait | null {
  if (data.wait === 'data-too-old')
    return {
      title: data.from
        ? `Invitations wait: the data is from ${dateTimeText(data.from, timeZone)}, too old to invite anyone.`
        : 'Invitations wait for the first sync of the practice.',
      more: 'They go out automatically after the next full sync: press Resync now on the Syncs page, or see there why it fails. Single emails sent by staff go out at once.',
      tone: 'warn',
      since: null,
    };
  if (data.wait === 'nightly-sync-first')
    return {
      title: 'Invitations wait for the nightly sync, which is due or running.',
      more: 'They go out automatically once the sync has read every client. Single emails sent by staff go out at once.',
      tone: 'info',
      since: null,
    };
  const until = info?.quietUntil;
  if (until)
    return {
      title: `Quiet hours: emails go out from ${dateTimeText(until, timeZone)} on.`,
      more: 'Invitations wait during quiet hours. Single emails sent by staff go out at once.',
      tone: 'info',
      since: null,
    };
  if (flow.dayUsedUp) return { title: messageReason('daily-maximum'), more: null, tone: 'info', since: null };
  const { careful } = flow;
  if (!careful?.usedUp) return null;
  const first =
    careful.step === 1 ? 'The first email is' : `The first ${careful.step.toLocaleString('en-US')} emails are`;
  const watched = careful.watchedUntil && careful.watchedUntil > now ? careful.watchedUntil : null;
  return {
    title: watched
      ? `${first} out. Bounces are watched until ${dateTimeText(watched, timeZone)}.`
      : `${first} on the way. Bounces are watched before the rest follows.`,
    more: 'If few emails bounce, the rest follows automatically. Single emails sent by staff go out at once.',
    tone: 'info',
    since: null,
  };
}

/** Returns why this email waits; null if it is next. */
export function whyMessageWaits(mail: QueuedMessage, conditions: DeliveryConditions): MailWait | null {
  const all = waitOfAll(conditions) ?? (messageKinds[mail.kind].canBePaused ? waitWhilePaused(conditions) : null);
  if (all) return all;
  const why = whyOf(mail);
  if (mail.dueAt > conditions.now && why)
    return {
      title: why,
      more: `The next attempt is at ${dateTimeText(mail.dueAt, conditions.timeZone)} or later.`,
      tone: 'info',
      since: null,
    };
  return mail.urgent === 1 ? null : waitOfCampaign(conditions);
}

/** Loads the current delivery conditions of the practices. */
export async function deliveryConditionsOf(
  deps: Pick<WebDeps, 'db' | 'practice' | 'clock'>,
  practices: readonly { id: string; timeZone: string }[],
): Promise<Map<string, DeliveryConditions>> {
  const now = deps.clock();
  const all = practices.map(async ({ id, timeZone }) => {
    const info = deps.practice(id);
    const waits = await dataWaits(deps.db, [id], () => info?.dataRule ?? null, now);
    const data = { wait: waits.get(id) ?? null, from: await dataFrom(deps.db, id) };
    return [id, { flow: await emailFlow(deps.db, id), data, info, timeZone, now }] as const;
  });
  return new Map(await Promise.all(all));
}

/** Explains the status of an email to staff: the reason and the next step. */
export function mailMeaning(
  mail: QueuedMessage & Pick<MessageDetail['message'], 'state'>,
  conditions?: DeliveryConditions,
): string {
  const { meaning } = mailWords[mail.state];
  const why = whyOf(mail);
  switch (mail.state) {
    case 'queued': {
      const wait = conditions ? whyMessageWaits(mail, conditions) : null;
      return wait ? [wait.title, wait.more].filter(Boolean).join(' ') : meaning;
    }
    case 'bounced':
      if (mail.reason === 'bounced-for-now')
        return `${messageReason(mail.reason)} Resend it in a few days, or ask for another address.`;
      // Only a pet parent who never logged in gets one with a login, and their account follows the address in the PIMS.
      return carriesLogin(mail)
        ? `${meaning} Correct the address in the practice software; the next sync then sends a new invitation.`
        : `${meaning} The pet parent logs in with this address: ask whether it works again.`;
    case 'canceled':
      return why ? `Canceled before it went out. ${why}` : meaning;
    case 'rejected':
    case 'failed':
      return why ? `${meaning} ${why}` : meaning;
    case 'uncertain':
      return `${meaning} It is not sent again until its outcome is known.`;
    default:
      return meaning;
  }
}

/** Explains an email to an address that the pet parent no longer uses. */
export function leftMeaning(mail: Pick<MessageLine, 'state' | 'sentTo' | 'email' | 'canSee'>): string {
  const { state, sentTo } = mail;
  const { meaning } = mailWords[state];
  const address = sentTo ?? 'a former address';
  const now = mail.canSee ? `, ${mail.email},` : '';
  return `${meaning} It was sent to ${address}. The pet parent now has another address${now} and only emails to that address count. You need not do anything about this email.`;
}
