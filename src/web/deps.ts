import type {
  BrandingDraft,
  BrandingErrors,
  BrandingSheet,
  EmailPreview,
  SampleEmail,
} from '../domain/message/branding.js';
import type { FastifyPluginAsync } from 'fastify';
import type { Logger } from 'pino';
import type { Clock, NewId } from '../lib/ids.js';
import type { DataRule } from '../domain/message/data-age.js';
import type { InvitePolicy } from '../domain/decision/policy.js';
import type { Keyring } from '../lib/sealing.js';
import type { Secret } from '../lib/secret.js';
import type { Enqueue } from '../jobs/catalog.js';
import type { Actor } from '../store/access/audit.js';
import type { Credentials } from '../store/accounts/credentials.js';
import type { Database } from '../store/db/database.js';
import type { IdentityConflicts } from '../store/clients/resolve-identity.js';
import type { SessionLife } from '../store/access/sessions.js';
import type { CampaignActions } from '../store/messages/campaign-actions.js';
import type { Messages } from '../store/messages/messages.js';
import type { Readiness } from './http/health.js';

/** Dependencies of the web app. It sends no email and opens no PIMS: it writes to the database and enqueues jobs. */
export interface WebDeps {
  db: Database;
  keyring: Keyring;
  credentials: Credentials;
  clock: Clock;
  newId: NewId;
  enqueue: Enqueue;
  log: Logger;
  settings: WebSettings;
  /** Key that signs the events of a vendor's Pet App; null if no Pet App reports events. */
  eventSecret: Secret | null;
  messages: Messages;
  campaigns: CampaignActions;
  /** Lets staff decide which person a client id belongs to. */
  identities: IdentityConflicts;
  /** Returns the configuration of a practice; null if it is not configured. */
  practice(practiceId: string): PracticeInfo | null;
  /** Renders each kind of a practice's emails for made-up people. Without it there is no preview. */
  mailSamples?: (practiceId: string) => Promise<SampleEmail[]>;
  /** Edits the branding of a practice's emails. Without it there is no editor. */
  branding?: BrandingEditor;
  /** Sign-in data shown on the sign-in page of the demo; null elsewhere. */
  demo: { staffEmail: string; staffPassword: Secret } | null;
  plugins: WebPlugins;
  /** Checks of what the process needs: database, queue. */
  readiness: Readiness;
}

export interface WebSettings {
  /** Public base URL without a trailing slash: `https://pets.example.com`. */
  origin: string;
  /** Whether to trust `X-Forwarded-*` headers of the proxy: Fastify's `trustProxy`. */
  trustProxy: boolean | string;
  /** Grace period: minutes in which an interrupted first login can continue with the same temporary password. */
  graceMinutes: number;
  /** Seconds until the page hides a revealed password. */
  revealSeconds: number;
  /**
   * Minimum length of a chosen password. NIST SP 800-63B-4 asks for 15 characters if the password is the only factor and
   * for 8 beside a second factor. This log-in protects appointments and pets' names, guessing is throttled and common
   * passwords are refused, so the default is 12: every further character causes calls to the front desk. Set 15 if a
   * policy requires it.
   */
  passwordMinLength: number;
  /** Minutes after which staff may resolve an email with the status uncertain. */
  uncertainMinutes: number;
  sessions: { staff: SessionLife; petParent: SessionLife; firstLogin: SessionLife };
}

/** Default settings. The operator must set `origin`. */
export const defaultSettings: Omit<WebSettings, 'origin'> = {
  trustProxy: false,
  graceMinutes: 30,
  revealSeconds: 60,
  passwordMinLength: 12,
  uncertainMinutes: 60,
  sessions: {
    staff: { idleSeconds: 60 * 60, absoluteSeconds: 12 * 60 * 60 },
    petParent: { idleSeconds: 14 * 86_400, absoluteSeconds: 90 * 86_400 },
    firstLogin: { idleSeconds: 60 * 60, absoluteSeconds: 2 * 60 * 60 },
  },
};

export interface PracticeInfo {
  id: string;
  /** ISO country code, assumed for phone numbers without a country. */
  country: string;
  /** Support contact for pet parents: a phone number, an email address or both, formatted by the practice. */
  support: { phone: string | null; email: string | null };
  /** Name of the PIMS on the pages: `Cornerstone`. */
  pimsName: string;
  /** Start of the next nightly sync; null if none is scheduled. */
  nextRunAt: Date | null;
  /** Minutes until staff can send the same pet parent another email. */
  resendCoolDownMinutes: number;
  /** End of the current quiet hours; null outside them. */
  quietUntil: Date | null;
  /** Whether a first campaign starts with a rollout: a few emails whose bounces are watched. */
  careful: boolean;
  /** When matching clients are invited: automatically, once the plan is approved, or only after each approval. */
  welcome: InvitePolicy['welcome'];
  /** Maximum age of the data behind an invitation; null for any age. */
  dataRule: DataRule | null;
}

/** Reads, previews, saves and restores a practice's branding. Returns null for a practice that is not configured. */
export interface BrandingEditor {
  sheet(practiceId: string): Promise<BrandingSheet | null>;
  preview(
    practiceId: string,
    draft: BrandingDraft,
    which: { kind: string; person: number },
  ): Promise<EmailPreview | { errors: BrandingErrors } | null>;
  /** @param after the version that the editor showed. @throws Problem `branding-changed-meanwhile` */
  save(
    practiceId: string,
    draft: BrandingDraft,
    after: number,
    actor: Actor,
    now: Date,
  ): Promise<{ version: number } | { errors: BrandingErrors } | null>;
  /** @param back an earlier version, or null for the configured branding. @returns whether that version exists */
  goBack(practiceId: string, back: number | null, after: number, actor: Actor, now: Date): Promise<boolean>;
  logo(id: string): Promise<{ bytes: Buffer; type: string } | null>;
}

interface WebPlugins {
  /** Plugins open to everybody, such as the SNS webhook for SES events. Each authenticates its callers itself. */
  open: readonly FastifyPluginAsync[];
  /** Plugins behind an operator's sign-in: metrics, the queue board. */
  operator: readonly FastifyPluginAsync[];
  /** Links to the operator plugins, for the operator's menu. */
  operatorLinks?: readonly { name: string; href: string }[];
}
