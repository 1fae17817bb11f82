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

/** What the web app is given. It sends no email and opens no PIMS: it writes down what is owed and asks for jobs. */
export interface WebDeps {
  db: Database;
  keyring: Keyring;
  credentials: Credentials;
  clock: Clock;
  newId: NewId;
  enqueue: Enqueue;
  log: Logger;
  settings: WebSettings;
  /** The key that signs the events a vendor's Pet App reports; null when no Pet App does. */
  eventSecret: Secret | null;
  messages: Messages;
  campaigns: CampaignActions;
  /** Where staff say who a client number belongs to. */
  identities: IdentityConflicts;
  /** What the configuration knows about a practice, beside its row in the database. */
  practice(practiceId: string): PracticeInfo | null;
  /** Each kind of a practice's emails for made-up people; left out, there is no preview. */
  mailSamples?: (practiceId: string) => Promise<MailSample[]>;
  /** Each practice's own brand and words of its emails; left out, there is no editor. */
  brands?: BrandingEditor;
  /** For the demo only: shown on the sign-in page. */
  demo: { staffEmail: string; staffPassword: Secret } | null;
  plugins: WebPlugins;
  /** Whether the process can work: database, queue. */
  readiness: Readiness;
}

export interface WebSettings {
  /** Where people reach these pages, without a slash at the end: `https://pets.example.com`. */
  origin: string;
  /** Whether `X-Forwarded-*` of the proxy in front is to be believed: Fastify's `trustProxy`. */
  trustProxy: boolean | string;
  /** For how long an abandoned first log-in can go on with the same temporary password. */
  graceMinutes: number;
  /** For how long staff see a password before the page hides it. */
  revealSeconds: number;
  /**
   * The shortest password a person may choose. NIST SP 800-63B-4 asks for 15 where a password is the only factor and 8
   * beside a second one. Behind this log-in lie appointments and pets' names, guessing is slowed and common passwords
   * are refused, so the default is 12: every character more is a call to the front desk. Set 15 where policy asks.
   */
  passwordMinLength: number;
  /** Minutes after which staff may say what became of an email whose answer was lost. */
  uncertainMinutes: number;
  sessions: { staff: SessionLife; petParent: SessionLife; firstLogin: SessionLife };
}

/** The settings that are right for most; `origin` is the operator's to say. */
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
  /** ISO country, for phones written without one. */
  country: string;
  /** Who helps pet parents: a telephone number, an address, or both, as the practice wants it read. */
  support: { phone: string | null; email: string | null };
  /** How the PIMS is called on the pages: `Cornerstone`. */
  pimsName: string;
  /** When the next nightly run starts; null when it has none. */
  nextRunAt: Date | null;
  /** Minutes until the same person can be sent another mail by staff. */
  resendCoolDownMinutes: number;
  /** Until when campaigns keep quiet, when it is night there now. */
  quietUntil: Date | null;
  /** Whether a first campaign begins with a few emails that are watched. */
  careful: boolean;
  /** When those who fit are invited: by themselves, once the plan was approved, or after each approval only. */
  welcome: InvitePolicy['welcome'];
  /** How old the data may be on which somebody is invited; null for any age. */
  dataRule: DataRule | null;
}

/** An email as it would go out, to somebody made up. */
export interface MailSample {
  kind: string;
  /** Who it shows: "Two pets", "A very long surname". */
  sample: string;
  subject: string;
  html: string;
  text: string;
}

/** What the editor of a practice's emails shows before anything is typed. */
export interface BrandingSheet {
  /** The newest version; 0 when nothing was ever saved. */
  version: number;
  /** Whether the newest is a brand of the practice's own. */
  saved: boolean;
  /** Why what was saved cannot be used; mail is paused then. */
  trouble: string | null;
  /** By name: `name`, `support.phone`, `brand.colour`, `texts.welcome.opening` and so on. */
  fields: Readonly<Record<string, string>>;
  logo: { url: string; uploaded: boolean } | null;
  /** The address the emails go from. */
  from: string;
  history: { version: number; savedAt: Date; savedBy: string; configured: boolean }[];
  /** The kinds of mail with our own words for each part, and what these may name in double braces. */
  texts: {
    kind: string;
    parts: { subject: string; opening: string; closing: string };
    variables: readonly string[];
  }[];
  /** The made-up people of the preview. */
  people: string[];
}

export interface BrandingDraft {
  fields: Readonly<Record<string, string>>;
  logo: 'keep' | 'address' | 'upload' | 'none';
  /** The picture that was chosen; empty when none was. */
  upload: Buffer;
}

/** What is wrong with a draft, by field, each a sentence with the next step. */
export type BrandingErrors = Readonly<Record<string, string>>;

/** Shows, tries out, saves and goes back. Answers null where a practice is not configured. */
export interface BrandingEditor {
  sheet(practiceId: string): Promise<BrandingSheet | null>;
  preview(
    practiceId: string,
    draft: BrandingDraft,
    which: { kind: string; person: number },
  ): Promise<
    | { subject: string; html: string; text: string; from: string; replyTo: string | null }
    | { errors: BrandingErrors }
    | null
  >;
  /** @param after the version the person had before them. @throws Problem `brand-changed-meanwhile` */
  save(
    practiceId: string,
    draft: BrandingDraft,
    after: number,
    actor: Actor,
    now: Date,
  ): Promise<{ version: number } | { errors: BrandingErrors } | null>;
  /** @param back an earlier version; null for the configured brand. @returns whether there is such a one */
  goBack(practiceId: string, back: number | null, after: number, actor: Actor, now: Date): Promise<boolean>;
  logo(id: string): Promise<{ bytes: Buffer; type: string } | null>;
}

export interface WebPlugins {
  /** For everybody, such as the SNS intake of SES events: each checks its callers itself. */
  open: readonly FastifyPluginAsync[];
  /** Behind an operator's sign-in: metrics, the queue board. */
  operator: readonly FastifyPluginAsync[];
  /** Where these are, for the operator's menu. */
  operatorLinks?: readonly { name: string; href: string }[];
}
