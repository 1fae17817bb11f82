import type { AuditRecord } from '../../store/audit.js';
import type { DetailMail, PetParentDetails } from '../../store/pet-parent-details.js';
import { auditWords } from '../ui/audit-words.js';
import { eventWords, mailKinds, mailWords, reasonTitle } from '../ui/state-words.js';
import type { Tone } from '../ui/notice.js';

/** One thing that happened to a person. */
export interface TimelineEntry {
  at: Date;
  title: string;
  more: string | null;
  tone: Tone;
}

/** Everything that happened to a person, newest first: found, decided, account, mails, views, first login, burn. */
export function timelineOf(details: PetParentDetails): TimelineEntry[] {
  const { account, credential, decision } = details;
  const entries: TimelineEntry[] = [
    { at: details.firstSeenAt, title: 'Found in the practice system', more: null, tone: 'quiet' },
  ];
  const add = (
    at: Date | null | undefined,
    title: string,
    more: string | null = null,
    tone: Tone = 'quiet',
  ) => {
    if (at) entries.push({ at, title, more, tone });
  };
  if (details.changedAt > details.firstSeenAt) add(details.changedAt, 'Changed in the practice system');
  add(details.vanishedAt, 'No longer in the practice system', null, 'warn');
  if (decision)
    add(
      decision.decidedAt,
      `Invite plan: ${reasonTitle(decision.reason)}`,
      decision.sentence || null,
      'info',
    );
  add(account?.createdAt, 'Account created', account?.linkSentence ?? null, 'info');
  if (credential) add(credential.issuedAt, 'Temporary password made', null);
  add(account?.closedAt, 'Account closed', null, 'warn');
  for (const mail of [...details.mails].reverse()) entries.push(...mailEntries(mail));
  for (const record of [...details.audit].reverse()) entries.push(auditEntry(record));
  const hasReceipt = details.audit.some(({ action }) => action === 'temporary-password-destroyed');
  if (credential?.destroyedAt && !hasReceipt)
    add(credential.destroyedAt, 'Temporary password destroyed', credential.destroyedWhy, 'good');
  return newestFirst(entries);
}

/** Of things that happened at the same time, the one that comes later in the story is the newer one. */
export function newestFirst(entries: readonly TimelineEntry[]): TimelineEntry[] {
  return [...entries].reverse().sort((one, other) => other.at.getTime() - one.at.getTime());
}

/** What became of one mail, in order. */
export function mailEntries({ welcome, attempts, events }: DetailMail): TimelineEntry[] {
  const kind = mailKinds[welcome.kind];
  const by = welcome.asked_by ? `asked for by ${welcome.asked_by}` : null;
  const entries: TimelineEntry[] = [
    { at: welcome.created_at, title: `${kind}: put in line`, more: by, tone: 'quiet' },
  ];
  for (const attempt of attempts) {
    const failed = attempt.error_message ?? attempt.error_code;
    const title = failed ? `${kind}: try ${attempt.number} failed` : `${kind}: handed to Amazon SES`;
    entries.push({
      at: attempt.answered_at ?? attempt.claimed_at,
      title,
      more: failed,
      tone: failed ? 'warn' : 'info',
    });
  }
  for (const event of events) {
    const { name, tone } = eventWords(event.type);
    entries.push({ at: event.happened_at, title: `${kind}: ${name}`, more: event.detail, tone });
  }
  if (['withdrawn', 'recalled', 'failed'].includes(welcome.state)) {
    const { name, tone } = mailWords[welcome.state];
    entries.push({
      at: welcome.changed_at,
      title: `${kind}: ${name.toLowerCase()}`,
      more: welcome.detail,
      tone,
    });
  }
  return entries;
}

function auditEntry(record: AuditRecord): TimelineEntry {
  const { title, tone } = auditWords(record);
  const who = record.actorKind === 'pet-parent' ? 'the pet parent' : record.actorName;
  const { screen, address } = record.details;
  const more = [who ? `by ${who}` : null, screen ? `on ${screen}` : null, address ? `from ${address}` : null];
  return { at: record.at, title, more: more.filter(Boolean).join(', ') || null, tone };
}
