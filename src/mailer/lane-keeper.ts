import type { Clock } from '../domain/ids.js';
import { scrub } from '../domain/scrub.js';
import type { Database } from '../store/database.js';
import { noteThrottled, startLane, stopLane } from '../store/mail-lane.js';
import type { Claim } from '../store/claim.js';
import { pausePractice } from '../store/mail-pause.js';
import type { MailLog } from './log.js';
import { shrunk } from './rate-governor.js';
import type { Answer } from './ses-answer.js';

export type LaneKeeper = ReturnType<typeof createLaneKeeper>;

interface Stop {
  why(answer: { code: string; message: string }): string;
  firstSeconds: number;
  mostSeconds: number;
}

/** After so many lost answers in a row, each further one would only be one more mail that a person must settle. */
const lostInARow = 5;
const refusedInARow = 10;

const stops = {
  'daily-quota': {
    why: () =>
      'The daily maximum of Amazon SES is used up. It counts any 24 hours; the rest follows as room comes back.',
    firstSeconds: 300,
    mostSeconds: 300,
  },
  'ses-unreachable': {
    why: ({ code }) => `Amazon SES cannot be reached (${code}). Mails go on by themselves once it answers.`,
    firstSeconds: 5,
    mostSeconds: 120,
  },
  'ses-account': {
    why: ({ code, message }) =>
      `Amazon SES takes no mail from this account (${code}): ${scrub(message)} Put it right in the SES console; one mail is tried every few minutes.`,
    firstSeconds: 60,
    mostSeconds: 900,
  },
  'answers-lost': {
    why: ({ code }) =>
      `${lostInARow} answers of Amazon SES in a row were lost (${code}). Whether those mails went is settled by its events; the others wait.`,
    firstSeconds: 15,
    mostSeconds: 300,
  },
  'all-refused': {
    why: ({ code, message }) =>
      `Amazon SES refused ${refusedInARow} mails in a row, the last one with ${code}: ${scrub(message)} The sender's address or the template is probably wrong.`,
    firstSeconds: 300,
    mostSeconds: 3600,
  },
} satisfies Record<string, Stop>;

/** Draws from each answer of SES what follows for all mails: slower, stop, or go on. */
export function createLaneKeeper(deps: {
  db: Database;
  clock: Clock;
  log: MailLog;
  /** Whether the practice writes from an address of its own, whose trouble is then its own. */
  hasOwnSender(practiceId: string): boolean;
}) {
  const { db, clock, log } = deps;
  let lost = 0;
  let refused = 0;

  async function stop(code: keyof typeof stops, answer: { code: string; message: string }): Promise<void> {
    const now = clock();
    const { why, firstSeconds, mostSeconds } = stops[code];
    const retryAt = (retries: number) =>
      new Date(now.getTime() + Math.min(mostSeconds, firstSeconds * 2 ** Math.min(retries, 16)) * 1000);
    log.warn({ code, ses: answer.code }, 'mails stop');
    await stopLane(db, { code, why: why(answer), retryAt }, now);
  }

  return {
    stop,

    async heard(answer: Answer, claim: Pick<Claim, 'practiceId' | 'probing'>): Promise<void> {
      lost = answer.kind === 'unknown' ? lost + 1 : 0;
      refused = answer.kind === 'refused' ? refused + 1 : answer.kind === 'accepted' ? 0 : refused;
      switch (answer.kind) {
        case 'accepted':
          if (claim.probing) await startLane(db);
          return;
        case 'throttled':
          await noteThrottled(db, shrunk, clock());
          if (claim.probing) await startLane(db);
          return;
        case 'refused':
          if (refused >= refusedInARow) await stop('all-refused', answer);
          else if (claim.probing) await startLane(db);
          return;
        case 'unknown':
          if (lost >= lostInARow || claim.probing) await stop('answers-lost', answer);
          return;
        case 'daily-quota':
          return stop('daily-quota', answer);
        case 'unreachable':
          return stop('ses-unreachable', answer);
        case 'account':
          if (deps.hasOwnSender(claim.practiceId) && answer.code === 'MessageRejected') {
            const why = `Amazon SES does not take mails from this practice's own address: ${answer.message} Verify it in SES, then resume.`;
            return pausePractice(db, claim.practiceId, { why, by: 'ses' }, clock());
          }
          return stop('ses-account', answer);
      }
    },
  };
}
