import type { ColumnType, Generated, Insertable, Selectable } from 'kysely';
import type { UndoneKind } from '../../domain/decision/undone-facts.js';
import type { MessageStatus } from '../../domain/message/message-status.js';

/** The tables as TypeScript sees them; `migrations/` is where they are made. Times are UTC, `_on` are calendar dates. */
export interface Tables {
  practices: PracticeTable;
  pims_clients: PimsClientTable;
  pims_pets: PimsPetTable;
  identity_conflicts: IdentityConflictTable;
  former_clients: FormerClientTable;
  former_pets: PimsPetTable;
  former_undone_facts: UndoneFactTable;
  undone_facts: UndoneFactTable;
  accounts: AccountTable;
  account_links: AccountLinkTable;
  link_refusals: LinkRefusalTable;
  account_pets: AccountPetTable;
  temporary_credentials: TemporaryCredentialTable;
  messages: MessageTable;
  send_attempts: SendAttemptTable;
  ses_events: SesEventTable;
  suppressions: SuppressionTable;
  email_sending: EmailSendingTable;
  fair_queue: FairQueueTable;
  sync_runs: SyncRunTable;
  sync_pages: SyncPageTable;
  sync_unreadable: SyncUnreadableTable;
  tasks: TaskTable;
  staff: StaffTable;
  staff_practices: StaffPracticeTable;
  sessions: SessionTable;
  api_tokens: ApiTokenTable;
  reset_tokens: ResetTokenTable;
  throttles: ThrottleTable;
  branding_versions: BrandingTable;
  branding_logos: BrandingLogoTable;
  staff_messages: StaffMailTable;
  receipts: ReceiptTable;
  erased_people: ErasedPeopleTable;
  sealed_keys: SealedKeyTable;
  audit: AuditTable;
}

export interface PracticeTable {
  id: string;
  name: string;
  time_zone: string;
  policy_key: string | null;
  approved_at: Date | null;
  approved_by: string | null;
  email_paused_at: Date | null;
  email_pause_reason: string | null;
  /** `brake` when bounces or complaints stopped it, else who did. */
  email_paused_by: string | null;
  /** From when the first careful emails are counted; null counts all. Set when staff resume after the safety stop. */
  rollout_from: Date | null;
  /** JSON of the fields of the PIMS that drifted and hold who they touch; null when none does. */
  drift_hold: Generated<string | null>;
  created_at: Date;
}

export interface PimsClientTable {
  practice_id: string;
  pims_id: string;
  fingerprint: Buffer;
  display_id: string | null;
  first_name: string | null;
  last_name: string | null;
  company_name: string | null;
  email_key: string | null;
  /** The digits of the first three phones, from the end, for "ends in 0132". */
  phone_tail: string | null;
  other_phone_tail: string | null;
  third_phone_tail: string | null;
  duplicate_key: string | null;
  /** JSON of the Client without its pets. */
  record: string;
  first_seen_at: Date;
  changed_at: Date;
  missing_since: Date | null;
  identity_conflict: number;
  merged_into: string | null;
  /** 0 once the row missing or the PIMS marks it deleted; what `sharedBy` counts. */
  living: number;
  /** Hold reasons that staff have overruled, separated by spaces. */
  allowed: string | null;
  needs_evaluation: number;
  /** 0 while the decision is only what a new client would get if it were alone, until everyone is read. */
  settled: Generated<number>;
  verdict: 'invite' | 'hold' | 'skip' | null;
  reason: string | null;
  /** Null when it is the reason's own sentence, without details. */
  sentence: string | null;
  decide_on: string | null;
  decided_at: Date | null;
  /** For lists: last and first name, else the company, else the number. Made by the database. */
  sort_name: ColumnType<string, never, never>;
  /** How the last name sounds (SOUNDEX), for searches with a slip in them. Made by the database. */
  sound: ColumnType<string, never, never>;
}

/** What the PIMS says now under a number that was somebody else's, until staff say who is right. */
export interface IdentityConflictTable {
  practice_id: string;
  pims_id: string;
  fingerprint: Buffer;
  email_key: string | null;
  /** JSON of the Client with its pets. */
  record: string;
  seen_at: Date;
}

/** A client as it was stored before the sync runs since the last one that passed the safety stop wrote over it. */
export type FormerClientTable = Pick<
  PimsClientTable,
  'practice_id' | 'pims_id' | 'fingerprint' | 'record' | 'changed_at' | 'missing_since' | 'merged_into' | 'living'
>;
/** What the PIMS said about a client and no longer says. */
export interface UndoneFactTable {
  practice_id: string;
  client_pims_id: string;
  kind: UndoneKind;
  /** The pet's id, or the former email key; empty for a mark on the client. */
  subject: string;
  /** The flag, the date of death, or the email key that it replaced. */
  said: string | null;
  /** 1 while the PIMS contradicts it and staff must confirm; 0 only remembers it. */
  pending: number;
  pet_name: string | null;
  species: string | null;
  born_on: string | null;
}

export interface PimsPetTable {
  practice_id: string;
  client_pims_id: string;
  pims_id: string;
  name: string | null;
  species: string;
  species_raw: string | null;
  breed: string | null;
  sex: string;
  neutered: number | null;
  sex_raw: string | null;
  born_on: string | null;
  died_on: string | null;
  /** `deceased` also while the PIMS lists a pet as living that it had listed as dead, until staff confirm it. */
  status: string;
  status_raw: string | null;
  share: number | null;
  primary_owner: number;
}

export interface AccountTable {
  id: string;
  email: string;
  email_key: string;
  first_name: string | null;
  last_name: string | null;
  phone: string | null;
  /** The digits of `phone` from the end, for "ends in 0132". Made by the database. */
  phone_tail: ColumnType<string | null, never, never>;
  /** 1 between the first login and a password of their own, else null. Made by the database. */
  halfway: ColumnType<number | null, never, never>;
  password_hash: string | null;
  first_login_at: Date | null;
  confirmed_at: Date | null;
  last_login_at: Date | null;
  /** Never set by us, see the reason `account-closed`; who is erased has no row any more. */
  closed_at: Date | null;
  created_at: Date;
}

export interface AccountLinkTable {
  practice_id: string;
  client_pims_id: string;
  account_id: string;
  reason: string;
  sentence: string;
  made_by: 'rule' | 'staff';
  linked_at: Date;
}

/** Staff said that a client record is not of the person whose account this is. */
export interface LinkRefusalTable {
  practice_id: string;
  client_pims_id: string;
  account_id: string;
  /** The account's address when they said so. */
  email_key: string;
  /** JSON of the link as it was, and of what the pet parent had confirmed about its pets. */
  kept: string;
  said_by: string;
  said_at: Date;
}

export interface AccountPetTable {
  id: string;
  account_id: string;
  practice_id: string | null;
  pims_id: string | null;
  name: string;
  species: string;
  breed: string | null;
  born_on: string | null;
  state: 'confirmed' | 'added' | 'passed';
  confirmed_at: Date;
}

export interface TemporaryCredentialTable {
  account_id: string;
  /** The practice to which the login belongs, see `account-access.ts`. */
  issuing_practice_id: string;
  key_id: string | null;
  sealed: Buffer | null;
  issued_at: Date;
  expires_at: Date;
  failed_tries: Generated<number>;
  /** When it was first used to log in; from then on nobody may see it and the first-login job destroys it. */
  used_at: Date | null;
  /** A one-way mark that lets an abandoned first login go on until `grace_until`. */
  grace_digest: Buffer | null;
  grace_key_id: string | null;
  grace_until: Date | null;
  cleared_at: Date | null;
  cleared_reason: string | null;
}

export type MessageKind = 'welcome' | 'practice-added' | 'new-temporary-password' | 'password-reset';

export type { MessageStatus };

export interface MessageTable {
  id: string;
  practice_id: string;
  account_id: string;
  client_pims_id: string | null;
  kind: MessageKind;
  state: MessageStatus;
  reason: string | null;
  detail: string | null;
  requested_by: string | null;
  /** 1 when the account has left the address this email was for. */
  superseded: Generated<number>;
  attempts: Generated<number>;
  /** 1 for a single mail that a person waits for: it goes before every campaign. */
  urgent: Generated<number>;
  /** Not to be sent before this time. */
  due_at: Date;
  /** When a job was last asked for it; null once claimed. Old means that the job was lost. */
  enqueued_at: Date | null;
  /** Its turn among the queued; see `fair_queue`. */
  turn: number | null;
  /** When SES took it. */
  accepted_at: Date | null;
  created_at: Date;
  changed_at: Date;
  /** Set while owed, sending or uncertain, so that one such mail is open per account and practice. */
  open_key: string | null;
}

export interface SendAttemptTable {
  id: string;
  message_id: string;
  number: number;
  /** Where it went: the account may have another address by now. */
  email: string | null;
  claimed_at: Date;
  answered_at: Date | null;
  outcome: string | null;
  ses_message_id: string | null;
  error_code: string | null;
  error_message: string | null;
}

export interface SesEventTable {
  id: string;
  message_id: string | null;
  attempt_id: string | null;
  type: string;
  happened_at: Date;
  received_at: Date;
  detail: string | null;
}

export interface SuppressionTable {
  email_key: string;
  reason: 'bounced' | 'complained' | 'unsubscribed';
  detail: string | null;
  since: Date;
}

/** One row, `ses`: what SES allows now, and whether and why nothing is handed over. All workers share it. */
export interface EmailSendingTable {
  name: string;
  quota_per_second: number | null;
  quota_24_hours: number | null;
  quota_sent: number | null;
  quota_read_at: Date | null;
  /** Share of the quota that is used now: 1, less for a while after SES throttled. */
  share: Generated<number>;
  throttled_at: Date | null;
  stopped_at: Date | null;
  stopped_code: string | null;
  stopped_why: string | null;
  /** When one email is tried again. */
  retry_at: Date | null;
  retries: Generated<number>;
  /** The welcome that is being tried while all others wait. */
  probe_id: string | null;
  /** The largest turn given so far. */
  turn: Generated<number>;
}

/** How far each practice's campaigns are. */
export interface FairQueueTable {
  practice_id: string;
  /** The turn of its last mail: practices that have fallen behind go first. */
  turn: number;
  /** Emails of the careful first campaign that may be out by now, and how many of them may still go; null when it is over. */
  step: number | null;
  allowance: number | null;
  /** Until when the step is watched. */
  watch_until: Date | null;
  /** When bounces and complaints were last counted. */
  counted_at: Date | null;
}

export type SyncKind = 'nightly' | 'resync' | 'client';
export type SyncState = 'queued' | 'reading' | 'evaluating' | 'stopped' | 'done' | 'failed';

export interface SyncRunTable {
  id: string;
  practice_id: string;
  kind: SyncKind;
  nightly_date: string | null;
  client_reference: string | null;
  state: SyncState;
  /** The practice's id while the run is not finished: one active run a practice. */
  active_practice: string | null;
  requested_by: string | null;
  requested_at: Date;
  started_at: Date | null;
  finished_at: Date | null;
  page_no: Generated<number>;
  next_cursor: string | null;
  read_all: Generated<number>;
  progressed_at: Date | null;
  /** JSON of SyncCounts. */
  counts: string;
  profile: string | null;
  drift: string | null;
  safety_stop_released_by: string | null;
  error_code: string | null;
  error_message: string | null;
  error_help: string | null;
}

export interface SyncPageTable {
  run_id: string;
  page_no: number;
  /** 8-byte hashes of the page's PIMS ids, to tell at the end of a complete pass who was not seen. */
  seen: Buffer;
}

export interface SyncUnreadableTable {
  id: Generated<number>;
  run_id: string;
  reference: string;
  reason: string;
}

export interface TaskTable {
  id: string;
  practice_id: string;
  kind: string;
  client_pims_id: string | null;
  account_id: string | null;
  sentence: string;
  details: string | null;
  opened_at: Date;
  closed_at: Date | null;
  closed_by: string | null;
  open_key: string | null;
}

export type StaffRole = 'owner' | 'manager' | 'front-desk' | 'operator';

export interface StaffTable {
  id: string;
  email: string;
  email_key: string;
  name: string;
  role: StaffRole;
  password_hash: string | null;
  created_at: Date;
  disabled_at: Date | null;
  last_login_at: Date | null;
}

export interface StaffPracticeTable {
  staff_id: string;
  practice_id: string;
}

export interface SessionTable {
  /** SHA-256 of the token in the cookie; the token itself is never stored. */
  token_hash: Buffer;
  kind: 'staff' | 'pet-parent';
  subject_id: string;
  /** `full`, or `first-login` while a pet parent has not yet set a password. */
  purpose: 'full' | 'first-login';
  created_at: Date;
  seen_at: Date;
  expires_at: Date;
}

export interface ApiTokenTable {
  id: string;
  /** SHA-256 of the token; the token itself is never stored. */
  token_hash: Buffer;
  practice_id: string;
  name: string;
  /** Separated by spaces. */
  scopes: string;
  created_by: string;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
  revoked_at: Date | null;
}

export interface ResetTokenTable {
  token_hash: Buffer;
  kind: 'staff' | 'pet-parent';
  subject_id: string;
  created_at: Date;
  expires_at: Date;
  used_at: Date | null;
}

/** What a practice saved about its emails, one row each time; the highest version counts. */
export interface BrandingTable {
  practice_id: string;
  version: number;
  /** JSON of SavedBranding; null says: back to the configured brand. */
  brand: string | null;
  saved_at: Date;
  saved_by: string;
}

/** Pictures that stand in emails; emails of old still ask for theirs, so none is ever deleted. */
export interface BrandingLogoTable {
  /** Digest of the bytes, and the type: `<40 hex digits>.png`. */
  id: string;
  bytes: Buffer;
  width: number;
  height: number;
  saved_at: Date;
}

export type StaffMailKind = 'staff-invitation' | 'staff-password-reset';

/** An email to someone of the staff. The link in it is made when it is sent, and is nowhere else. */
export interface StaffMailTable {
  id: string;
  staff_id: string;
  /** Whose name it carries; null for an operator's. */
  practice_id: string | null;
  kind: StaffMailKind;
  state: 'queued' | 'sending' | 'accepted' | 'bounced' | 'complained' | 'rejected' | 'canceled' | 'uncertain';
  requested_by: string;
  attempts: Generated<number>;
  due_at: Date;
  ses_message_id: string | null;
  /** Why it waits, was refused or came back, in words. */
  detail: string | null;
  created_at: Date;
  changed_at: Date;
  /** Set while owed or sending: one such mail is open per person. */
  open_key: string | null;
}

export interface ThrottleTable {
  name: string;
  count: number;
  until: Date;
}

export interface ReceiptTable {
  scope: string;
  name: string;
  received_at: Date;
  answer: string | null;
}

export interface ErasedPeopleTable {
  /** `*` for all of them. */
  practice_id: string;
  mark: Buffer;
  erased_at: Date;
}

export interface SealedKeyTable {
  name: string;
  key_id: string;
  sealed: Buffer;
}

export interface AuditTable {
  id: Generated<number>;
  at: Date;
  actor_kind: 'staff' | 'pet-parent' | 'job' | 'operator' | 'api';
  actor_id: string | null;
  actor_name: string | null;
  action: string;
  practice_id: string | null;
  account_id: string | null;
  details: string | null;
}

export type Row<T extends keyof Tables> = Selectable<Tables[T]>;
export type NewRow<T extends keyof Tables> = Insertable<Tables[T]>;
