import { reasons, type ReasonCode } from '../../domain/decision/reasons.js';
import type { StateFilter } from '../../store/pet-parents/pet-parent-list.js';
import type { PetParentState } from '../../store/pet-parents/pet-parents.js';
import type { MessageStatus } from '../../domain/message/message-status.js';
import type { Tone } from './notice.js';

interface Words {
  name: string;
  tone: Tone;
  /** Explanation for the details page. */
  meaning: string;
}

export const stateWords: Record<PetParentState, Words> = {
  'on-hold': { name: 'On hold', tone: 'warn', meaning: 'Not invited until the reason is resolved.' },
  'not-invited': { name: 'Not invited', tone: 'quiet', meaning: 'The record in the PIMS excludes this client.' },
  waiting: {
    name: 'Waiting for approval',
    tone: 'info',
    meaning: 'Invited once the invite plan is approved.',
  },
  sending: {
    name: 'Email on its way',
    tone: 'info',
    meaning: 'The account exists; the email has not been sent yet.',
  },
  invited: {
    name: 'Invited',
    tone: 'info',
    meaning: 'Has an account and a temporary password, and has never logged in.',
  },
  bounced: {
    name: 'Email bounced',
    tone: 'bad',
    meaning: 'The email did not arrive. Correct the address in the PIMS.',
  },
  expired: {
    name: 'Password expired',
    tone: 'warn',
    meaning: 'Has never logged in, and the temporary password has expired.',
  },
  started: {
    name: 'Started',
    tone: 'info',
    meaning: 'Has logged in for the first time but not yet set a password.',
  },
  active: { name: 'Active', tone: 'good', meaning: 'Has logged in and set a password.' },
};

/** Filters of the list, in the order a pet parent goes through the states. */
export const stateFilters: { id: StateFilter; name: string }[] = [
  { id: 'waiting', name: 'Waiting for approval' },
  { id: 'sending', name: 'Email on its way' },
  { id: 'invited', name: 'Invited' },
  { id: 'never-logged-in', name: 'Never logged in' },
  { id: 'expired', name: 'Expired' },
  { id: 'bounced', name: 'Email bounced' },
  { id: 'started', name: 'Started' },
  { id: 'active', name: 'Active' },
  { id: 'on-hold', name: 'On hold' },
  { id: 'not-invited', name: 'Not invited' },
];

export const mailWords: Record<MessageStatus, Words> = {
  queued: {
    name: 'Waiting',
    tone: 'info',
    meaning: 'The email is queued. It goes out within a minute or so, or later in a large campaign.',
  },
  sending: { name: 'Sending', tone: 'info', meaning: 'The email is being handed to Amazon SES.' },
  uncertain: {
    name: 'Uncertain',
    tone: 'warn',
    meaning: 'The connection to Amazon SES broke; the email may have gone out.',
  },
  accepted: { name: 'Sent', tone: 'info', meaning: 'Amazon SES accepted the email; the mailbox has not answered yet.' },
  delivered: { name: 'Delivered', tone: 'good', meaning: 'The mailbox accepted the email.' },
  delayed: {
    name: 'Delayed',
    tone: 'warn',
    meaning: 'The mailbox does not accept the email at the moment; Amazon SES retries.',
  },
  bounced: { name: 'Bounced', tone: 'bad', meaning: 'The mailbox refused the email.' },
  complained: {
    name: 'Complained',
    tone: 'bad',
    meaning: 'The recipient marked the email as spam; no further email is sent to this address.',
  },
  rejected: { name: 'Rejected', tone: 'bad', meaning: 'Amazon SES refused to send the email.' },
  failed: { name: 'Failed', tone: 'bad', meaning: 'The email could not be sent.' },
  canceled: {
    name: 'Canceled',
    tone: 'quiet',
    meaning: 'Canceled before it went out, because it was no longer correct.',
  },
  recalled: { name: 'Recalled', tone: 'quiet', meaning: 'Staff recalled the email before it went out.' },
};

/** Events of SES about an email, by their SES name (SES event publishing, "Contents of event records"). */
const events: Record<string, { name: string; tone: Tone }> = {
  send: { name: 'accepted by Amazon SES', tone: 'info' },
  delivery: { name: 'delivered', tone: 'good' },
  bounce: { name: 'bounced', tone: 'bad' },
  complaint: { name: 'marked as spam', tone: 'bad' },
  reject: { name: 'rejected by Amazon SES', tone: 'bad' },
  deliverydelay: { name: 'delayed', tone: 'warn' },
  open: { name: 'opened', tone: 'info' },
  click: { name: 'link clicked', tone: 'info' },
  subscription: { name: 'subscription changed', tone: 'warn' },
  renderingfailure: { name: 'could not be rendered', tone: 'bad' },
};

export function eventWords(type: string): { name: string; tone: Tone } {
  const key = type.toLowerCase().replaceAll(/[^a-z]/g, '');
  return events[key] ?? { name: type, tone: 'info' };
}

/** Returns the title of a reason. For an unknown code of another version the title is the code. */
export function reasonTitle(code: string): string {
  return Object.hasOwn(reasons, code) ? reasons[code as ReasonCode].title : code.replaceAll('-', ' ');
}
