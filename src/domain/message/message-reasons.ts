import { reasons, type ReasonCode } from '../decision/reasons.js';

/** Sentences for staff, by reason code: why an email waits, or why it was canceled, recalled or not delivered. */
const sentences: Readonly<Record<string, string>> = {
  'account-gone': 'The account was erased.',
  'account-closed': 'The account was closed.',
  'access-ended': 'The access of this person was revoked.',
  'not-sent-in-time': 'It could not be sent within a day.',
  'email-changed': 'The pet parent has another address now; an email to the new one replaces this one.',
  'another-took-its-place': 'Another email replaced it.',
  bounced: 'An earlier email to this address bounced.',
  complained: 'The pet parent marked an earlier email as spam.',
  unsubscribed: 'The pet parent asked for no more emails.',
  'already-logged-in': 'The pet parent had logged in before it went out.',
  'no-longer-linked': 'The client is no longer linked to this account.',
  'no-longer-right': 'The client is no longer eligible for an invitation.',
  'welcome-first': 'The pet parent never got a Welcome Email; one replaces it.',
  'no-living-pet': 'No living pet is left.',
  'practice-paused': 'Emails of this practice are paused.',
  'being-decided-again': 'The client changed in the practice software and is being evaluated again.',
  'field-drift':
    'A field of the practice software changed for many clients at once. The email waits until a manager confirms the change.',
  'data-too-old':
    'The data of the practice software is too old to invite anyone. The email goes out after the next sync that reads every client.',
  'nightly-sync-first': 'The nightly sync is due or running. The email goes out once the sync has read every client.',
  'mail-stopped': 'Amazon SES accepts no emails at the moment. This one goes out once sending resumes.',
  'practice-not-configured': 'The configuration does not name this practice.',
  throttled: 'Amazon SES asked for a slower pace. pims-sync tries again by itself.',
  'daily-maximum': 'The daily quota of Amazon SES is used up. The email goes out once the quota allows it.',
  'ses-unreachable': 'Amazon SES could not be reached. pims-sync tries again by itself.',
  'ses-account': 'Amazon SES accepts no email from us at the moment. This one goes out once the problem is solved.',
  'cannot-be-rendered': 'The email could not be rendered. The log of the workers gives the reason.',
  'refused-by-ses': 'Amazon SES will never accept this email as it is.',
  'rejected-by-ses': 'Amazon SES accepted it and then refused to send it.',
  'answer-lost':
    'The connection broke during the hand-over, so the email may or may not have gone out. It is never sent again on a guess.',
  'bounced-for-now': 'The mailbox accepts no email at the moment; it may be full.',
  'resolved-by-staff': 'Staff recorded whether it was sent.',
  'password-unreadable': 'The temporary password cannot be unsealed: its key is missing from CREDENTIAL_KEYS.',
};

/** Returns why an email has its status: the stored detail, else the sentence for its code, else null. */
export function whyOf({ reason, detail }: { reason: string | null; detail: string | null }): string | null {
  return detail || (reason ? messageReason(reason) : null);
}

/** Returns a sentence for a message reason, or the title of a decision reason. */
export function messageReason(code: string): string {
  return sentences[code] ?? (Object.hasOwn(reasons, code) ? `${reasons[code as ReasonCode].title}.` : code);
}
