import type { DataWait } from '../../../domain/message/data-age.js';
import { mailReason, whyOf } from '../../../domain/message/message-reasons.js';
import { pausedByBrand } from '../../../store/messages/branding.js';
import { dataFrom, dataWaits } from '../../../store/sync-runs/data-age.js';
import type { MailLine } from '../../../store/messages/email-marketing.js';
import { mailFlow, type MailFlow } from '../../../store/messages/email-flow.js';
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

/** What a practice's mails depend on, as it is now. */
export interface MailWeather {
  flow: MailFlow;
  /** Whether the practice must be read before anybody is invited, and from when its data are. */
  data: { wait: DataWait | null; from: Date | null };
  /** Null for a practice that is taken out of the configuration. */
  info: Pick<PracticeInfo, 'quietUntil' | 'careful'> | null;
  timeZone: string;
  now: Date;
}

type Owed = Pick<Row<'welcomes'>, 'kind' | 'urgent' | 'due_at' | 'reason' | 'detail'>;

/** What holds back all that is owed, the weightiest first; the order in which a worker would ask, too. */
export function waitOfAll({ flow, info }: MailWeather): MailWait | null {
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
      title: mailReason('practice-not-configured'),
      more: 'Its mails wait.',
      tone: 'warn',
      since: null,
    };
  return null;
}

/** What staff, or the brake, have stopped. Password resets go on. */
export function waitOfPause({ flow, timeZone }: MailWeather): MailWait | null {
  const { paused } = flow;
  if (!paused) return null;
  const { by, why } = paused;
  const stopped = by === 'brake' || by === 'ses';
  const since = `Since ${dateTimeText(paused.since, timeZone)}.`;
  const end = 'It waits until a manager or the owner resumes mail.';
  return {
    title: stopped ? 'Mail has stopped by itself.' : `Mail is paused by ${by || 'staff'}.`,
    // A person who pauses gives no reason but themselves.
    more: [why === `Paused by ${by}.` ? '' : why, since, by === pausedByBrand ? '' : end]
      .filter(Boolean)
      .join(' '),
    tone: 'warn',
    since: paused.since,
  };
}

/** What holds back a wave; a mail that somebody asked for singly goes nevertheless. */
export function waitOfWave({ flow, data, info, timeZone, now }: MailWeather): MailWait | null {
  if (data.wait === 'data-too-old')
    return {
      title: data.from
        ? `Invitations wait: the data are from ${dateTimeText(data.from, timeZone)}, too old to invite anyone.`
        : 'Invitations wait until the practice has been read.',
      more: 'They go by themselves after the next sync that reads everyone: press Resync now on the Syncs page, or see there why it fails. A mail that staff send singly goes at once.',
      tone: 'warn',
      since: null,
    };
  if (data.wait === 'nightly-sync-first')
    return {
      title: 'Invitations wait for the nightly sync, which is due or running.',
      more: 'They go by themselves once everyone has been read. A mail that staff send singly goes at once.',
      tone: 'info',
      since: null,
    };
  const until = info?.quietUntil;
  if (until)
    return {
      title: `It is night: mails go out from ${dateTimeText(until, timeZone)} on.`,
      more: 'The practice has quiet hours. A mail that staff send singly goes at once.',
      tone: 'info',
      since: null,
    };
  if (flow.dayUsedUp) return { title: mailReason('daily-maximum'), more: null, tone: 'info', since: null };
  const { careful } = flow;
  if (!careful?.usedUp) return null;
  const first =
    careful.step === 1 ? 'The first mail is' : `The first ${careful.step.toLocaleString('en-US')} mails are`;
  const watched = careful.watchedUntil && careful.watchedUntil > now ? careful.watchedUntil : null;
  return {
    title: watched
      ? `${first} out and watched until ${dateTimeText(watched, timeZone)}.`
      : `${first} on their way, and are watched before the rest follows.`,
    more: 'If few come back, the rest follows by itself. A mail that staff send singly goes at once.',
    tone: 'info',
    since: null,
  };
}

/** Why this mail waits; null when it is simply next. */
export function whyMailWaits(mail: Owed, weather: MailWeather): MailWait | null {
  const all = waitOfAll(weather) ?? (mail.kind === 'password-reset' ? null : waitOfPause(weather));
  if (all) return all;
  const why = whyOf(mail);
  if (mail.due_at > weather.now && why)
    return {
      title: why,
      more: `It is tried again from ${dateTimeText(mail.due_at, weather.timeZone)} on.`,
      tone: 'info',
      since: null,
    };
  return mail.urgent === 1 ? null : waitOfWave(weather);
}

/** What the mails of these practices depend on now. */
export async function weatherOf(
  deps: Pick<WebDeps, 'db' | 'practice' | 'clock'>,
  practices: readonly { id: string; timeZone: string }[],
): Promise<Map<string, MailWeather>> {
  const now = deps.clock();
  const all = practices.map(async ({ id, timeZone }) => {
    const info = deps.practice(id);
    const waits = await dataWaits(deps.db, [id], () => info?.dataRule ?? null, now);
    const data = { wait: waits.get(id) ?? null, from: await dataFrom(deps.db, id, now) };
    return [id, { flow: await mailFlow(deps.db, id), data, info, timeZone, now }] as const;
  });
  return new Map(await Promise.all(all));
}

/** Who gets one of these has never logged in: their account follows the address in the practice system. */
const bringsTheFirstLogin = (kind: string): boolean => kind === 'welcome' || kind === 'fresh-password';

/** What the state of a mail means for whoever asks about it: why, and the next step. */
export function mailMeaning(
  mail: Pick<Row<'welcomes'>, 'state' | 'kind' | 'urgent' | 'due_at' | 'reason' | 'detail'>,
  weather?: MailWeather,
): string {
  const { meaning } = mailWords[mail.state];
  const why = whyOf(mail);
  switch (mail.state) {
    case 'owed': {
      const wait = weather ? whyMailWaits(mail, weather) : null;
      return wait ? [wait.title, wait.more].filter(Boolean).join(' ') : meaning;
    }
    case 'bounced':
      if (mail.reason === 'bounced-for-now')
        return `${mailReason(mail.reason)} Send it again in some days, or ask for another address.`;
      return bringsTheFirstLogin(mail.kind)
        ? `${meaning} Correct the address in the practice system; the next sync then invites again by itself.`
        : `${meaning} It is the address they log in with: ask whether it works again.`;
    case 'withdrawn':
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

/** What is said of a mail for an address that the person has left since, in whatever state it ended. */
export function leftMeaning(mail: Pick<MailLine, 'state' | 'sentTo' | 'email' | 'canSee'>): string {
  const { state, sentTo } = mail;
  const { meaning } = mailWords[state];
  const address = sentTo ?? 'a former address';
  const now = mail.canSee ? `, ${mail.email},` : '';
  return `${meaning} It was for ${address}. The person has another address by now${now} and what counts is the mail to that one: nothing is to be done about this one.`;
}
