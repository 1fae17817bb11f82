import { messageKinds } from '../../domain/message/message-kinds.js';
import { whyOf } from '../../domain/message/message-reasons.js';
import type { AuditRecord } from '../../store/access/audit.js';
import type { MessageDetail } from '../../store/messages/message-history.js';
import type { PetParentDetails } from '../../store/pet-parents/pet-parent-details.js';
import { auditWords } from '../ui/audit-words.js';
import { eventWords, mailWords, reasonTitle } from '../ui/state-words.js';
import type { Tone } from '../ui/notice.js';
import { whyMessageWaits, type DeliveryConditions } from './delivery-status.js';

const uncertainMore =
  'It may have gone out, so it is not sent again until its outcome is known. Amazon SES usually reports it within minutes; otherwise ask the pet parent, and record on the page of this email whether it arrived.';

/** One event in the history of a pet parent. */
export interface TimelineEntry {
  at: Date;
  title: string;
  more: string | null;
  tone: Tone;
  /** The email that the entry begins with. */
  message?: { practiceId: string; id: string };
}

/** Lists all events of a pet parent, newest first: found, evaluated, account, emails, views, first login, cleared password. */
export function timelineOf(
  details: PetParentDetails,
  allConditions: ReadonlyMap<string, DeliveryConditions> = new Map(),
): TimelineEntry[] {
  const { account, credential, decision } = details;
  const entries: TimelineEntry[] = [
    { at: details.firstSeenAt, title: 'Found in the practice software', more: null, tone: 'quiet' },
  ];
  const add = (at: Date | null | undefined, title: string, more: string | null = null, tone: Tone = 'quiet') => {
    if (at) entries.push({ at, title, more, tone });
  };
  if (details.changedAt > details.firstSeenAt) add(details.changedAt, 'Changed in the practice software');
  add(details.missingSince, 'No longer in the practice software', null, 'warn');
  if (decision)
    add(decision.decidedAt, `Invite plan: ${reasonTitle(decision.reason)}`, decision.sentence || null, 'info');
  if (account?.createdAt) add(account.createdAt, 'Account created', account.linkSentence, 'info');
  else add(account?.linkedAt, 'Found on the account of another practice', account?.linkSentence, 'info');
  if (credential) add(credential.issuedAt, 'Temporary password created', null);
  add(account?.closedAt, 'Account closed', null, 'warn');
  for (const mail of [...details.mails].reverse()) {
    const { practiceId, id } = mail.message;
    const [queued, ...later] = mailEntries(mail, allConditions.get(practiceId), account?.email);
    entries.push({ ...(queued as TimelineEntry), message: { practiceId, id } }, ...later);
  }
  for (const record of [...details.audit].reverse()) entries.push(auditEntry(record));
  const hasReceipt = details.audit.some(({ action }) => action === 'temporary-password-cleared');
  if (credential?.clearedAt && !hasReceipt)
    add(credential.clearedAt, 'Temporary password cleared', credential.clearedReason, 'good');
  return newestFirst(entries);
}

/** Sorts entries newest first. Of entries with the same time, the later one in the list counts as newer. */
export function newestFirst(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return [...entries].reverse().sort((one, other) => other.at.getTime() - one.at.getTime());
}

/**
 * Lists the history of one email in order, each entry with time and reason.
 *
 * @param conditions current delivery conditions of its practice; without them a queued email does not tell why it waits
 * @param email current address of the pet parent
 */
export function mailEntries(
  { message, attempts, events }: MessageDetail,
  conditions?: DeliveryConditions,
  email?: string,
): TimelineEntry[] {
  const kind = messageKinds[message.kind].name;
  const by = message.requestedBy ? `requested by ${message.requestedBy}` : null;
  const entries: TimelineEntry[] = [{ at: message.createdAt, title: `${kind}: queued`, more: by, tone: 'quiet' }];
  for (const attempt of attempts) entries.push(attemptEntry(kind, attempt, email));
  for (const event of events) {
    const { name, tone } = eventWords(event.type);
    entries.push({ at: event.happenedAt, title: `${kind}: ${name}`, more: event.detail, tone });
  }
  const now = stateEntry(kind, { message, attempts, events }, conditions);
  if (now) entries.push(now);
  return entries;
}

function attemptEntry(
  kind: string,
  attempt: MessageDetail['attempts'][number],
  email: string | undefined,
): TimelineEntry {
  // The event of SES can be older than our record of its answer, so an accepted attempt counts from the hand-over.
  const at = attempt.outcome === 'accepted' ? attempt.claimedAt : (attempt.answeredAt ?? attempt.claimedAt);
  const said = attempt.errorMessage ?? attempt.errorCode;
  const to = attempt.email === null ? null : whereTo(attempt.email, email);
  const entry = (title: string, tone: Tone, more: string | null = said): TimelineEntry => {
    return { at, title: `${kind}: ${title}`, more: [to, more].filter(Boolean).join(': ') || null, tone };
  };
  switch (attempt.outcome) {
    case 'accepted':
      return entry('handed to Amazon SES', 'info', null);
    case 'rejected':
      return entry('rejected by Amazon SES', 'bad');
    case 'given-back':
      if (attempt.errorCode === 'cannot-be-rendered')
        return entry(`attempt ${attempt.number}: could not be rendered`, 'warn', null);
      return entry(`attempt ${attempt.number}: not yet accepted by Amazon SES`, 'warn');
    case 'uncertain':
      return entry('handed to Amazon SES, but the answer was lost', 'warn');
    case 'failed':
      return entry('could not be sent', 'bad');
    default:
      return entry('being handed to Amazon SES', 'info', null);
  }
}

function whereTo(went: string, now: string | undefined): string {
  const hasLeft = now !== undefined && now.toLowerCase() !== went.toLowerCase();
  return `to ${went}${hasLeft ? ', which is no longer the address of this pet parent' : ''}`;
}

/** Returns an entry for the current status if no attempt or event shows it, or if staff or a rule changed the email. */
function stateEntry(kind: string, mail: MessageDetail, conditions?: DeliveryConditions): TimelineEntry | null {
  const { message, attempts, events } = mail;
  const { state, reason } = message;
  const { name, tone } = mailWords[state];
  const why = whyOf(message);
  const entry = (title: string, more: string | null, at = message.changedAt): TimelineEntry => {
    return { at, title: `${kind}: ${title}`, more, tone };
  };
  if (reason === 'resolved-by-staff')
    return entry(
      state === 'queued'
        ? 'staff reported that it did not arrive, so it is sent again'
        : 'staff reported that it arrived',
      null,
    );
  switch (state) {
    case 'queued': {
      const wait = conditions ? whyMessageWaits(message, conditions) : null;
      if (!wait) return conditions ? entry('waits in the queue', mailWords.queued.meaning) : null;
      const since = wait.since && wait.since > message.changedAt ? wait.since : message.changedAt;
      return entry(`waits. ${wait.title}`, wait.more, since);
    }
    case 'uncertain':
      return entry('it is unknown whether it went out', uncertainMore);
    case 'canceled':
    case 'recalled':
      return entry(name.toLowerCase(), why);
    default:
      // Attempts and events are deleted after two years; the status is kept.
      return attempts.length + events.length === 0 ? entry(name.toLowerCase(), why) : null;
  }
}

function auditEntry(record: AuditRecord): TimelineEntry {
  const { title, tone } = auditWords(record);
  const who = record.actorKind === 'pet-parent' ? 'the pet parent' : record.actorName;
  const { screen, address } = record.details;
  const more = [who ? `by ${who}` : null, screen ? `on ${screen}` : null, address ? `from ${address}` : null];
  return { at: record.at, title, more: more.filter(Boolean).join(', ') || null, tone };
}
