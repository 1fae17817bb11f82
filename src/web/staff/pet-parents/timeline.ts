import { whyOf } from '../../../domain/message/message-reasons.js';
import type { AuditRecord } from '../../../store/access/audit.js';
import type { MessageDetail } from '../../../store/messages/message-history.js';
import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { auditWords } from '../../ui/audit-words.js';
import { eventWords, mailKinds, mailWords, reasonTitle } from '../../ui/state-words.js';
import type { Tone } from '../../ui/notice.js';
import { staffLinks } from '../shell/routes.js';
import { whyMessageWaits, type DeliveryConditions } from '../email-marketing/delivery-status.js';

const uncertainMore =
  'It may have gone out, so it is never sent again by guess. Amazon SES usually tells within minutes; otherwise ask the person, and say on the page of this email whether it arrived.';

/** One thing that happened to a person. */
export interface TimelineEntry {
  at: Date;
  title: string;
  more: string | null;
  tone: Tone;
  /** Where there is more about it. */
  href?: string;
}

/** Everything that happened to a person, newest first: found, decided, account, emails, views, first login, clear. */
export function timelineOf(
  details: PetParentDetails,
  allConditions: ReadonlyMap<string, DeliveryConditions> = new Map(),
): TimelineEntry[] {
  const { account, credential, decision } = details;
  const entries: TimelineEntry[] = [
    { at: details.firstSeenAt, title: 'Found in the practice system', more: null, tone: 'quiet' },
  ];
  const add = (at: Date | null | undefined, title: string, more: string | null = null, tone: Tone = 'quiet') => {
    if (at) entries.push({ at, title, more, tone });
  };
  if (details.changedAt > details.firstSeenAt) add(details.changedAt, 'Changed in the practice system');
  add(details.missingSince, 'No longer in the practice system', null, 'warn');
  if (decision)
    add(decision.decidedAt, `Invite plan: ${reasonTitle(decision.reason)}`, decision.sentence || null, 'info');
  if (account?.createdAt) add(account.createdAt, 'Account created', account.linkSentence, 'info');
  else add(account?.linkedAt, 'Found on the account of another practice', account?.linkSentence, 'info');
  if (credential) add(credential.issuedAt, 'Temporary password made', null);
  add(account?.closedAt, 'Account closed', null, 'warn');
  for (const mail of [...details.mails].reverse()) {
    const { practice_id: practiceId, id } = mail.welcome;
    const [queued, ...later] = mailEntries(mail, allConditions.get(practiceId), account?.email);
    entries.push({ ...(queued as TimelineEntry), href: staffLinks.welcome(practiceId, id) }, ...later);
  }
  for (const record of [...details.audit].reverse()) entries.push(auditEntry(record));
  const hasReceipt = details.audit.some(({ action }) => action === 'temporary-password-cleared');
  if (credential?.clearedAt && !hasReceipt)
    add(credential.clearedAt, 'Temporary password destroyed', credential.clearedReason, 'good');
  return newestFirst(entries);
}

/** Of things that happened at the same time, the one that comes later in the story is the newer one. */
export function newestFirst(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return [...entries].reverse().sort((one, other) => other.at.getTime() - one.at.getTime());
}

/**
 * What became of one email, in order: what, when and why.
 *
 * @param weather what the emails of its practice depend on now; left out, an email that is queued does not say why it waits
 * @param email the person's address of now
 */
export function mailEntries(
  { welcome, attempts, events }: MessageDetail,
  conditions?: DeliveryConditions,
  email?: string,
): TimelineEntry[] {
  const kind = mailKinds[welcome.kind];
  const by = welcome.requested_by ? `asked for by ${welcome.requested_by}` : null;
  const entries: TimelineEntry[] = [{ at: welcome.created_at, title: `${kind}: put in line`, more: by, tone: 'quiet' }];
  for (const attempt of attempts) entries.push(attemptEntry(kind, attempt, email));
  for (const event of events) {
    const { name, tone } = eventWords(event.type);
    entries.push({ at: event.happened_at, title: `${kind}: ${name}`, more: event.detail, tone });
  }
  const now = stateEntry(kind, { welcome, attempts, events }, conditions);
  if (now) entries.push(now);
  return entries;
}

function attemptEntry(
  kind: string,
  attempt: MessageDetail['attempts'][number],
  email: string | undefined,
): TimelineEntry {
  // SES may tell that it took the email before its answer is written down: a story begins with the hand-over.
  const at = attempt.outcome === 'accepted' ? attempt.claimed_at : (attempt.answered_at ?? attempt.claimed_at);
  const said = attempt.error_message ?? attempt.error_code;
  const to = attempt.email === null ? null : whereTo(attempt.email, email);
  const entry = (title: string, tone: Tone, more: string | null = said): TimelineEntry => {
    return { at, title: `${kind}: ${title}`, more: [to, more].filter(Boolean).join(': ') || null, tone };
  };
  switch (attempt.outcome) {
    case 'accepted':
      return entry('handed to Amazon SES', 'info', null);
    case 'rejected':
      return entry('refused by Amazon SES', 'bad');
    case 'given-back':
      if (attempt.error_code === 'cannot-be-made')
        return entry(`try ${attempt.number}: it could not be put together`, 'warn', null);
      return entry(`try ${attempt.number}: Amazon SES did not take it yet`, 'warn');
    case 'uncertain':
      return entry('handed to Amazon SES, and the answer was lost', 'warn');
    case 'failed':
      return entry('could not be sent', 'bad');
    default:
      return entry('begun to be handed to Amazon SES', 'info', null);
  }
}

function whereTo(went: string, now: string | undefined): string {
  const hasLeft = now !== undefined && now.toLowerCase() !== went.toLowerCase();
  return `to ${went}${hasLeft ? ', which is no longer the address of this person' : ''}`;
}

/** The state of now, where no try and no event has told it; and what a person or a rule has done to the email. */
function stateEntry(kind: string, mail: MessageDetail, conditions?: DeliveryConditions): TimelineEntry | null {
  const { welcome, attempts, events } = mail;
  const { state, reason } = welcome;
  const { name, tone } = mailWords[state];
  const why = whyOf(welcome);
  const entry = (title: string, more: string | null, at = welcome.changed_at): TimelineEntry => {
    return { at, title: `${kind}: ${title}`, more, tone };
  };
  if (reason === 'settled-by-staff')
    return entry(state === 'queued' ? 'staff said it did not arrive, so it goes again' : 'staff said it arrived', null);
  switch (state) {
    case 'queued': {
      const wait = conditions ? whyMessageWaits(welcome, conditions) : null;
      if (!wait) return conditions ? entry('waits for its turn', mailWords.queued.meaning) : null;
      const since = wait.since && wait.since > welcome.changed_at ? wait.since : welcome.changed_at;
      return entry(`waits. ${wait.title}`, wait.more, since);
    }
    case 'uncertain':
      return entry('it is not known whether it went', uncertainMore);
    case 'canceled':
    case 'recalled':
      return entry(name.toLowerCase(), why);
    default:
      // Tries and events are forgotten after two years; the state is not.
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
