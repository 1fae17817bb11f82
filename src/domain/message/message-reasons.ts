import { reasons, type ReasonCode } from '../decision/reasons.js';

/** Why an email waits or was recalled, by the code that stands with it; as staff read it beside the mail's state. */
const sentences: Readonly<Record<string, string>> = {
  'account-gone': 'The account was erased.',
  'account-closed': 'The account was closed.',
  'email-changed': 'The person has another address by now; an email to the new one takes its place.',
  'another-took-its-place': 'Another mail took its place.',
  bounced: 'An earlier mail to this address came back.',
  complained: 'The person marked an earlier mail as spam.',
  unsubscribed: 'The person asked for no more emails.',
  'already-logged-in': 'The person had logged in before it went out.',
  'no-longer-linked': 'The client is no longer linked to this account.',
  'no-longer-right': 'The client is no longer to be invited.',
  'welcome-first': 'The person never got a Welcome Email; one takes its place.',
  'no-living-pet': 'No living pet is left.',
  'practice-paused': 'Mails of this practice are paused.',
  'being-decided-again': 'The client changed in the practice software and is being decided again.',
  'field-drift':
    'A field of the practice software changed for many clients at once; it waits until a manager says that this is right.',
  'data-too-old':
    'The data of the practice software are too old to invite anyone; it goes by itself after the next sync that reads everyone.',
  'nightly-sync-first': 'The nightly sync is due or running; it goes by itself once everyone has been read.',
  'mail-stopped': 'Amazon SES takes no emails at the moment; it goes once they flow again.',
  'practice-not-configured': 'The configuration does not name this practice.',
  throttled: 'Amazon SES asked for a slower pace; it is tried again by itself.',
  'daily-maximum': 'The daily maximum of Amazon SES is used up; it goes by itself once there is room again.',
  'ses-unreachable': 'Amazon SES could not be reached; it is tried again by itself.',
  'ses-account': 'Amazon SES takes no email from us at the moment; it goes by itself once that is put right.',
  'cannot-be-made': 'The mail could not be put together; whoever runs pims-sync finds why in the log of the workers.',
  'refused-by-ses': 'Amazon SES will never take this email as it is.',
  'rejected-by-ses': 'Amazon SES took it and then would not send it.',
  'answer-lost':
    'The connection broke while handing it over, so that nobody knows whether it went. It is never sent again by guess.',
  'bounced-for-now': 'The mailbox does not take mail for now: perhaps it is full.',
  'settled-by-staff': 'Staff said what became of it.',
  'password-unreadable': 'The temporary password cannot be opened: its key is missing from CREDENTIAL_KEYS.',
};

/** Why an email is as it is, in words: those written down with it, else what its code means; null when nothing says why. */
export function whyOf({ reason, detail }: { reason: string | null; detail: string | null }): string | null {
  return detail || (reason ? messageReason(reason) : null);
}

/** One sentence, or a few words for what a rule decided about the client. */
export function messageReason(code: string): string {
  return sentences[code] ?? (Object.hasOwn(reasons, code) ? `${reasons[code as ReasonCode].title}.` : code);
}
