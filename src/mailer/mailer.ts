import type { Clock, NewId } from '../lib/ids.js';
import type { Keyring } from '../lib/sealing.js';
import type { Credentials } from '../store/accounts/credentials.js';
import type { Database } from '../store/db/database.js';
import type { DataRuleOf } from '../store/sync-runs/data-age.js';
import { createSendAnswers } from '../store/messages/record-send-results.js';
import { createSendLedger } from '../store/messages/outbox.js';
import { createDispatcher } from './pacing/dispatcher.js';
import { createCircuitBreaker } from './pacing/circuit-breaker.js';
import type { MailLog } from './log.js';
import { createQuotaRefresher } from './pacing/quota-refresher.js';
import { createRenderer, type Renderer } from './render.js';
import { createSender } from './sender.js';
import type { MailTransport } from './ses/ses-transport.js';
import type { MailSettings, PracticeMail } from './settings.js';

/** A claim without an answer for so long has lost it; SES answers, or the SDK gives up, within half a minute. */
const answersWithinMs = 5 * 60_000;

export interface MailerDeps {
  db: Database;
  keyring: Keyring;
  credentials: Credentials;
  clock: Clock;
  newId: NewId;
  transport: MailTransport;
  general: Pick<MailSettings, 'from' | 'maxPerSecond'>;
  /** Null when the configuration does not know the practice. */
  settings(practiceId: string): PracticeMail | null;
  /** How old the data may be on which somebody is invited. Left out: of any age. */
  dataRule?: DataRuleOf;
  /** Sets how many mail jobs may start a second, over all workers. */
  setMailRate(perSecond: number): Promise<void>;
  log: MailLog;
  /** Left out: one of its own. */
  renderer?: Renderer;
}

export type Mailer = ReturnType<typeof createMailer>;

/** Puts the parts of the mailer together for a worker. */
export function createMailer(deps: MailerDeps) {
  const { db, clock, transport, settings, log, general, renderer = createRenderer(), dataRule = () => null } = deps;
  const ledger = createSendLedger({ ...deps, practice: settings });
  const lane = createCircuitBreaker({
    db,
    clock,
    log,
    senders: { general: general.from, of: (practiceId) => settings(practiceId)?.from.address ?? null },
  });
  const quota = createQuotaRefresher({ ...deps, lane, atMost: general.maxPerSecond });
  return {
    sender: createSender({
      ledger,
      answers: createSendAnswers(deps),
      lane,
      transport,
      renderer,
      settings,
      clock,
      log,
    }),
    dispatcher: createDispatcher({ db, clock, settings, dataRule, quota, log }),
    /** What the sweep does for emails; each returns how many it mended. */
    chores: {
      'lost answers': () => ledger.loseStale(new Date(clock().getTime() - answersWithinMs)),
    },
  };
}
