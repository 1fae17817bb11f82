import type { Clock } from '../../lib/ids.js';
import { scrub } from '../../lib/scrub.js';
import type { Database } from '../../store/db/database.js';
import { noteThrottled, startSending, stopSending, type MailStop } from '../../store/messages/sending-state.js';
import type { Claim } from '../../store/messages/claim.js';
import { pausePractice } from '../../store/messages/email-pause.js';
import type { MailLog } from '../log.js';
import { isOfOwnSender } from './sender-identity-errors.js';
import { shrunk } from './adaptive-rate.js';
import type { Answer } from '../ses/ses-answer.js';

export type CircuitBreaker = ReturnType<typeof createCircuitBreaker>;

interface Stop {
  /** A stop gives way to a stronger one, such as what only a person can put right. */
  strength: number;
  why(answer: { code: string; message: string }): string;
  firstSeconds: number;
  mostSeconds: number;
}

/** After so many lost answers in a row, each further one would only be one more mail that a person must settle. */
const lostInARow = 5;
const refusedInARow = 10;

const stops = {
  'daily-quota': {
    strength: 1,
    why: () =>
      'The daily maximum of Amazon SES is used up. It counts any 24 hours; the rest follows as room comes back.',
    firstSeconds: 300,
    mostSeconds: 300,
  },
  'ses-unreachable': {
    strength: 2,
    why: ({ code }) => `Amazon SES cannot be reached (${code}). Emails go on by themselves once it answers.`,
    firstSeconds: 5,
    mostSeconds: 120,
  },
  'ses-account': {
    strength: 3,
    why: ({ code, message }) =>
      `Amazon SES takes no email from us (${code}): ${scrub(message)} Put it right in the SES console, or in what the workers are told of AWS; one email is tried every few minutes.`,
    firstSeconds: 60,
    mostSeconds: 900,
  },
  'answers-lost': {
    strength: 2,
    why: ({ code }) =>
      `${lostInARow} answers of Amazon SES in a row were lost (${code}). Whether those emails went is settled by its events; the others wait.`,
    firstSeconds: 15,
    mostSeconds: 300,
  },
  'all-refused': {
    strength: 3,
    why: ({ code, message }) =>
      `Amazon SES refused ${refusedInARow} emails in a row, the last one with ${code}: ${scrub(message)} The sender's address or the template is probably wrong.`,
    firstSeconds: 300,
    mostSeconds: 3600,
  },
} satisfies Record<string, Stop>;

type StopCode = keyof typeof stops;
const isStopCode = (code: string): code is StopCode => Object.hasOwn(stops, code);

/** The addresses that emails come from, for a practice with one of its own has the trouble of that one alone. */
export interface Senders {
  /** Of all who have no other. */
  general: string;
  /** Null for a practice that the configuration does not know. */
  of(practiceId: string): string | null;
}

/** Draws from each answer of SES what follows for all emails: slower, stop, or go on. */
export function createCircuitBreaker(deps: { db: Database; clock: Clock; log: MailLog; senders: Senders }) {
  const { db, clock, log, senders } = deps;
  let lost = 0;
  let refused = 0;

  /**
   * While emails are stopped, only the one that tries tells what holds now; what was under way before it, and the quota,
   * can only tell of something worse, or that the same still holds when it is time to try again.
   */
  async function stop(code: StopCode, answer: { code: string; message: string }, probing = false): Promise<void> {
    const now = clock();
    const { strength, why, firstSeconds, mostSeconds } = stops[code];
    const retryAt = (retries: number) =>
      new Date(now.getTime() + Math.min(mostSeconds, firstSeconds * 2 ** Math.min(retries, 16)) * 1000);
    const stays = (before: MailStop) => {
      const had = isStopCode(before.code) ? stops[before.code].strength : 0;
      return !probing && (had > strength || (had === strength && now < before.retryAt));
    };
    if (await stopSending(db, { code, why: why(answer), retryAt }, stays, now))
      log.warn({ code, ses: answer.code }, 'mails stop');
  }

  return {
    stop,

    async heard(answer: Answer, claim: Pick<Claim, 'practiceId' | 'probing'>): Promise<void> {
      lost = answer.kind === 'unknown' ? lost + 1 : 0;
      refused = answer.kind === 'refused' ? refused + 1 : answer.kind === 'accepted' ? 0 : refused;
      switch (answer.kind) {
        case 'accepted':
          if (claim.probing) await startSending(db);
          return;
        case 'throttled':
          await noteThrottled(db, shrunk, clock());
          if (claim.probing) await startSending(db);
          return;
        case 'refused':
          if (refused >= refusedInARow) await stop('all-refused', answer, claim.probing);
          else if (claim.probing) await startSending(db);
          return;
        case 'unknown':
          if (lost >= lostInARow || claim.probing) await stop('answers-lost', answer, claim.probing);
          return;
        case 'daily-quota':
          return stop('daily-quota', answer, claim.probing);
        case 'unreachable':
          return stop('ses-unreachable', answer, claim.probing);
        case 'account': {
          const { code, message } = answer;
          const own = senders.of(claim.practiceId);
          if (own === null || !isOfOwnSender(answer, own, senders.general))
            return stop('ses-account', answer, claim.probing);
          log.warn(
            { practice: claim.practiceId, ses: code, error: scrub(message) },
            'a practice’s own sender is refused',
          );
          const why = `Amazon SES takes no emails from ${own}, this practice’s own address (${code}). Whoever runs pims-sync puts that right in SES; then resume.`;
          await pausePractice(db, claim.practiceId, { why, by: 'ses' }, clock());
          return;
        }
      }
    },
  };
}
