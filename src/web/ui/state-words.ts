import { reasons, type ReasonCode } from '../../domain/decision/reasons.js';
import type { StateFilter } from '../../store/pet-parents/pet-parent-list.js';
import type { PetParentState } from '../../store/pet-parents/pet-parents.js';
import type { MessageKind, MessageStatus } from '../../store/db/tables.js';
import type { Tone } from './notice.js';

interface Words {
  name: string;
  tone: Tone;
  /** For the details page: what it means. */
  meaning: string;
}

export const stateWords: Record<PetParentState, Words> = {
  'on-hold': { name: 'On hold', tone: 'warn', meaning: 'Not invited until something is settled.' },
  'not-invited': { name: 'Not invited', tone: 'quiet', meaning: 'The record in the PIMS says not to.' },
  waiting: {
    name: 'Waiting for approval',
    tone: 'info',
    meaning: 'Invited as soon as the invite plan is approved.',
  },
  sending: {
    name: 'Mail on its way',
    tone: 'info',
    meaning: 'The account is there; the email has not been handed over yet.',
  },
  invited: {
    name: 'Invited',
    tone: 'info',
    meaning: 'Has an account and a temporary password, and has never logged in.',
  },
  bounced: {
    name: 'Mail came back',
    tone: 'bad',
    meaning: 'The mail did not reach them. Correct the address in the PIMS.',
  },
  expired: {
    name: 'Password expired',
    tone: 'warn',
    meaning: 'Never logged in, and the temporary password has run out.',
  },
  started: {
    name: 'Started',
    tone: 'info',
    meaning: 'Logged in for the first time and has not yet set a password.',
  },
  active: { name: 'Active', tone: 'good', meaning: 'Has logged in and uses their own password.' },
};

/** The filters of the list, in the order of the way a person goes. */
export const stateFilters: { id: StateFilter; name: string }[] = [
  { id: 'waiting', name: 'Waiting for approval' },
  { id: 'sending', name: 'Mail on its way' },
  { id: 'invited', name: 'Invited' },
  { id: 'never-logged-in', name: 'Never logged in' },
  { id: 'expired', name: 'Expired' },
  { id: 'bounced', name: 'Mail came back' },
  { id: 'started', name: 'Started' },
  { id: 'active', name: 'Active' },
  { id: 'on-hold', name: 'On hold' },
  { id: 'not-invited', name: 'Not invited' },
];

export const mailWords: Record<MessageStatus, Words> = {
  queued: {
    name: 'Waiting',
    tone: 'info',
    meaning: 'It is next in line: it goes out within a minute or so, in a large campaign when its turn comes.',
  },
  sending: { name: 'Sending', tone: 'info', meaning: 'Is being handed over to Amazon SES now.' },
  uncertain: {
    name: 'Uncertain',
    tone: 'warn',
    meaning: 'The connection broke while handing it over; it may have gone out.',
  },
  accepted: { name: 'Sent', tone: 'info', meaning: 'Amazon SES took it; the mailbox has not answered yet.' },
  delivered: { name: 'Delivered', tone: 'good', meaning: 'The mailbox took it.' },
  delayed: {
    name: 'Delayed',
    tone: 'warn',
    meaning: 'The mailbox does not take it for now; it is tried again.',
  },
  bounced: { name: 'Bounced', tone: 'bad', meaning: 'The mailbox refused it.' },
  complained: {
    name: 'Complained',
    tone: 'bad',
    meaning: 'The person marked it as spam; nothing more is sent to them.',
  },
  rejected: { name: 'Rejected', tone: 'bad', meaning: 'Amazon SES refused to send it.' },
  failed: { name: 'Failed', tone: 'bad', meaning: 'It could not be sent.' },
  canceled: {
    name: 'Withdrawn',
    tone: 'quiet',
    meaning: 'Taken back before it went out: it was no longer right.',
  },
  recalled: { name: 'Recalled', tone: 'quiet', meaning: 'Taken back by staff before it went out.' },
};

export const mailKinds: Record<MessageKind, string> = {
  welcome: 'Welcome Email',
  'practice-added': 'Practice added',
  'new-temporary-password': 'New temporary password',
  'password-reset': 'Password reset',
};

/** What SES tells about an email, by its own name for it (SES event publishing, "Contents of event records"). */
const events: Record<string, { name: string; tone: Tone }> = {
  send: { name: 'taken by Amazon SES', tone: 'info' },
  delivery: { name: 'delivered', tone: 'good' },
  bounce: { name: 'bounced', tone: 'bad' },
  complaint: { name: 'marked as spam', tone: 'bad' },
  reject: { name: 'rejected by Amazon SES', tone: 'bad' },
  deliverydelay: { name: 'delayed', tone: 'warn' },
  open: { name: 'opened', tone: 'info' },
  click: { name: 'link pressed', tone: 'info' },
  subscription: { name: 'subscription changed', tone: 'warn' },
  renderingfailure: { name: 'could not be put together', tone: 'bad' },
};

export function eventWords(type: string): { name: string; tone: Tone } {
  const key = type.toLowerCase().replaceAll(/[^a-z]/g, '');
  return events[key] ?? { name: type, tone: 'info' };
}

/** A heading for a reason of the plan; a code of another version stands for itself. */
export function reasonTitle(code: string): string {
  return Object.hasOwn(reasons, code) ? reasons[code as ReasonCode].title : code.replaceAll('-', ' ');
}
