import { messageKinds } from '../domain/message/message-kinds.js';
import type { Clock, NewId } from '../lib/ids.js';
import type { Keyring } from '../lib/sealing.js';
import type { Credentials } from '../store/accounts/credentials.js';
import type { Database } from '../store/db/database.js';
import type { DataRuleOf } from '../store/sync-runs/data-age.js';
import type { Claim } from '../store/messages/claim.js';
import { createSendResults } from '../store/messages/record-send-results.js';
import { createOutbox } from '../store/messages/outbox.js';
import { createDispatcher } from './pacing/dispatcher.js';
import { createCircuitBreaker } from './pacing/circuit-breaker.js';
import type { MailLog } from './log.js';
import { createQuotaRefresher } from './pacing/quota-refresher.js';
import { createRenderer, type Renderer } from './render.js';
import { createSender } from './sender.js';
import type { MailTransport } from './ses/ses-transport.js';
import type { MailSettings, PracticeMail } from './settings.js';
import { staffSettings } from './staff-settings.js';

/**
 * Age in milliseconds after which a claim without an answer counts as lost. SES answers, or the SDK gives up, within
 * half a minute.
 */
const answersWithinMs = 5 * 60_000;

export interface MailerDeps {
  db: Database;
  keyring: Keyring;
  credentials: Credentials;
  clock: Clock;
  newId: NewId;
  transport: MailTransport;
  general: MailSettings;
  /** Base URL of the console for links in emails to staff, without a trailing slash. */
  publicUrl: string;
  /** Null if the practice is not configured. */
  settings(practiceId: string): PracticeMail | null;
  /** Maximum age of the data that invitations may rely on. Default: any age. */
  dataRule?: DataRuleOf;
  /** Limits how many email jobs start per second, across all workers. */
  setMailRate(perSecond: number): Promise<void>;
  log: MailLog;
  /** Default: a new renderer. */
  renderer?: Renderer;
}

/** Assembles the mailer of a worker. */
export function createMailer(deps: MailerDeps) {
  const { db, clock, transport, settings, log, general, renderer = createRenderer(), dataRule = () => null } = deps;
  const outbox = createOutbox({ ...deps, practice: settings, resetHours: general.resetHours });
  const settingsFor = ({ kind, practiceId }: Claim) => {
    const practice = practiceId === null ? null : settings(practiceId);
    return messageKinds[kind].audience === 'staff' ? staffSettings(practice, general, deps.publicUrl) : practice;
  };
  const circuitBreaker = createCircuitBreaker({
    db,
    clock,
    log,
    senders: { general: general.from, of: (practiceId) => settings(practiceId)?.from.address ?? null },
  });
  const quota = createQuotaRefresher({ ...deps, circuitBreaker, atMost: general.maxPerSecond });
  return {
    sender: createSender({
      outbox,
      results: createSendResults(deps),
      circuitBreaker,
      transport,
      renderer,
      settingsFor,
      clock,
      log,
    }),
    dispatcher: createDispatcher({ db, clock, settings, dataRule, quota, log }),
    /** Email tasks of the sweep; each returns how many emails it repaired. */
    chores: {
      'lost answers': () => outbox.loseStale(new Date(clock().getTime() - answersWithinMs)),
    },
  };
}
