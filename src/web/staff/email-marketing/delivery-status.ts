import type { DataWait } from '../../../domain/message/data-age.js';
import { messageReason, whyOf } from '../../../domain/message/message-reasons.js';
import { pausedByBranding } from '../../../store/messages/branding.js';
import { dataFrom, dataWaits } from '../../../store/sync-runs/data-age.js';
import type { MessageLine } from '../../../store/messages/email-marketing.js';
import { emailFlow, type EmailFlow } from '../../../store/messages/email-flow.js';
import type { Row } from '../../../store/db/tables.js';
import type { PracticeInfo, WebDeps } from '../../deps.js';
import type { Tone } from '../../ui/notice.js';
import { mailWords } from '../../ui/state-words.js';
import { dateTimeText } from '../../ui/when.js';

/** Why an owed mail is not sent at this moment, and what ends the wait. */
export interface MailWait {
  title: string;
  more: string | null;
  tone: Tone;
  /** From when on; null when it is not known. */
  since: Date | null;
}

/** What a practice's emails depend on, as it is now. */
export interface DeliveryConditions {
  flow: EmailFlow;
  /** Whether the practice must be read before anybody is invited, and from when its data are. */
  data: { wait: DataWait | null; from: Date | null };
  /** Null for a practice that is taken out of the configuration. */
  info: Pick<PracticeInfo, 'quietUntil' | 'careful'> | null;
  timeZone: string;
  now: Date;
}

type Owed = Pick<Row<'messages'>, 'kind' | 'urgent' | 'due_at' | 'reason' | 'detail'>;

/** What holds back all that is owed, the weightiest first; the order in which a worker would ask, too. */
export function waitOfAll({ flow, info }: DeliveryConditions): MailWait | null {
  const { stop } = flow;
  if (stop)
    return {
      title: 'No mail of any practice goes out at the moment.',
      more: `${stop.why} Whoever runs pims-sync is told; nothing is lost, and nothing has to be sent again by hand.`,
      tone: 'bad',
      since: stop.since,
    };
  if (!info)
    return {
      title: messageReason('practice-not-configured'),
      more: 'Its emails wait.',
      tone: 'warn',
      since: null,
    };
  return null;
}

/** What staff, or the safety stop, have stopped. Password resets go on. */
export function waitWhilePaused({ flow, timeZone }: DeliveryConditions): MailWait | null {
  const { paused } = flow;
  if (!paused) return null;
  const { by, why } = paused;
  const stopped = by === 'brake' || by === 'ses';
  const since = `Since ${dateTimeText(paused.since, timeZone)}.`;
  const end = 'It waits until a manager or the owner resumes mail.';
  return {
    title: stopped ? 'Mail has stopped by itself.' : `Mail is paused by ${by || 'staff'}.`,
    // A person who pauses gives no reason but themselves.
    more: [why === `Paused by ${by}.` ? '' : why, since, by === pausedByBranding ? '' : end].filter(Boolean).join(' '),
    tone: 'warn',
    since: paused.since,
  };
}

/** What holds back a campaign; an email that somebody asked for singly goes nevertheless. */
export function waitOfCampaign({ flow, data, info, timeZone, now }: DeliveryConditions): MailWait | null {
  if (data.wait === 'data-too-old')
    return {
      title: data.from
        ? `Invitations wait: the data are from ${dateTimeText(data.from, timeZone)}, too old to invite anyone.`
        : 'Invitations wait until the practice has been read.',
      more: 'They go by themselves after the next sync that reads everyone: press Resync now on the Syncs page, or see there why it fails. An email that staff send singly goes at once.',
      tone: 'warn',
      since: null,
    };
  if (data.wait === 'nightly-sync-first')
    return {
      title: 'Invitations wait for the nightly sync, which is due or running.',
      more: 'They go by themselves once everyone has been read. An email that staff send singly goes at once.',
      tone: 'info',
      since: null,
    };
  const until = info?.quietUntil;
  if (until)
    return {
      title: `It is night: emails go out from ${dateTimeText(until, timeZone)} on.`,
      more: 'The practice has quiet hours. An email that staff send singly goes at once.',
      tone: 'info',
      since: null,
    };
  if (flow.dayUsedUp) return { title: messageReason('daily-maximum'), more: null, tone: 'info', since: null };
  const { careful } = flow;
  if (!careful?.usedUp) return null;
  const first =
    careful.step === 1 ? 'The first mail is' : `The first ${careful.step.toLocaleString('en-US')} emails are`;
  const watched = careful.watchedUntil && careful.watchedUntil > now ? careful.watchedUntil : null;
  return {
    title: watched
      ? `${first} out and watched until ${dateTimeText(watched, timeZone)}.`
      : `${first} on their way, and are watched before the rest follows.`,
    more: 'If few come back, the rest follows by itself. An email that staff send singly goes at once.',
    tone: 'info',
    since: null,
  };
}

/** Why this email waits; null when it is simply next. */
export function whyMessageWaits(mail: Owed, conditions: DeliveryConditions): MailWait | null {
  const all = waitOfAll(conditions) ?? (mail.kind === 'password-reset' ? null : waitWhilePaused(conditions));
  if (all) return all;
  const why = whyOf(mail);
  if (mail.due_at > conditions.now && why)
    return {
      title: why,
      more: `It is tried again from ${dateTimeText(mail.due_at, conditions.timeZone)} on.`,
      tone: 'info',
      since: null,
    };
  return mail.urgent === 1 ? null : waitOfCampaign(conditions);
}

/** What the emails of these practices depend on now. */
export async function deliveryConditionsOf(
  deps: Pick<WebDeps, 'db' | 'practice' | 'clock'>,
  practices: readonly { id: string; timeZone: string }[],
): Promise<Map<string, DeliveryConditions>> {
  const now = deps.clock();
  const all = practices.map(async ({ id, timeZone }) => {
    const info = deps.practice(id);
    const waits = await dataWaits(deps.db, [id], () => info?.dataRule ?? null, now);
    const data = { wait: waits.get(id) ?? null, from: await dataFrom(deps.db, id, now) };
    return [id, { flow: await emailFlow(deps.db, id), data, info, timeZone, now }] as const;
  });
  return new Map(await Promise.all(all));
}

/** Who gets one of these has never logged in: their account follows the address in the practice software. */
const bringsTheFirstLogin = (kind: string): boolean => kind === 'welcome' || kind === 'new-temporary-password';

/** What the state of an email means for whoever asks about it: why, and the next step. */
export function mailMeaning(
  mail: Pick<Row<'messages'>, 'state' | 'kind' | 'urgent' | 'due_at' | 'reason' | 'detail'>,
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
        return `${messageReason(mail.reason)} Send it again in some days, or ask for another address.`;
      return bringsTheFirstLogin(mail.kind)
        ? `${meaning} Correct the address in the practice software; the next sync then invites again by itself.`
        : `${meaning} It is the address they log in with: ask whether it works again.`;
    case 'canceled':
      return why ? `Taken back before it went out. ${why}` : meaning;
    case 'rejected':
    case 'failed':
      return why ? `${meaning} ${why}` : meaning;
    case 'uncertain':
      return `${meaning} It is never sent again by guess.`;
    default:
      return meaning;
  }
}

/** What is said of an email for an address that the person has left since, in whatever state it ended. */
export function leftMeaning(mail: Pick<MessageLine, 'state' | 'sentTo' | 'email' | 'canSee'>): string {
  const { state, sentTo } = mail;
  const { meaning } = mailWords[state];
  const address = sentTo ?? 'a former address';
  const now = mail.canSee ? `, ${mail.email},` : '';
  return `${meaning} It was for ${address}. The person has another address by now${now} and what counts is the email to that one: nothing is to be done about this one.`;
}
