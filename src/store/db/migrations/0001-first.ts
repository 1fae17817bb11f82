import { sql, type Kysely } from 'kysely';

const table = 'ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci';
const id = 'CHAR(20) CHARACTER SET ascii COLLATE ascii_bin';
const practice = 'VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin';
const word = 'VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin';
/** PIMS ids and emails compare byte for byte: a PIMS may contain both `ab1` and `AB1`. */
const pimsId = 'VARCHAR(128) COLLATE utf8mb4_bin';
const emailKey = 'VARCHAR(254) COLLATE utf8mb4_bin';
const time = 'DATETIME(3)';

const statements = [
  `CREATE TABLE practices (
    id ${practice} NOT NULL PRIMARY KEY,
    name VARCHAR(200) NOT NULL,
    time_zone VARCHAR(64) NOT NULL,
    policy_key CHAR(32) NULL,
    approved_at ${time} NULL,
    approved_by VARCHAR(200) NULL,
    email_paused_at ${time} NULL,
    email_pause_reason VARCHAR(500) NULL,
    email_paused_by VARCHAR(200) NULL,
    rollout_from ${time} NULL,
    drift_hold TEXT NULL,
    created_at ${time} NOT NULL
  ) ${table}`,

  `CREATE TABLE pims_clients (
    practice_id ${practice} NOT NULL,
    pims_id ${pimsId} NOT NULL,
    fingerprint BINARY(16) NOT NULL,
    display_id VARCHAR(128) NULL,
    first_name VARCHAR(200) NULL,
    last_name VARCHAR(200) NULL,
    company_name VARCHAR(200) NULL,
    email_key ${emailKey} NULL,
    phone_tail VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
    other_phone_tail VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
    third_phone_tail VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
    duplicate_key CHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    record MEDIUMTEXT NOT NULL,
    first_seen_at ${time} NOT NULL,
    changed_at ${time} NOT NULL,
    missing_since ${time} NULL,
    identity_conflict TINYINT NOT NULL DEFAULT 0,
    merged_into ${pimsId} NULL,
    living TINYINT NOT NULL,
    allowed VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NULL,
    needs_evaluation TINYINT NOT NULL DEFAULT 1,
    verdict ${word} NULL,
    reason ${word} NULL,
    sentence VARCHAR(500) NULL,
    decide_on DATE NULL,
    decided_at ${time} NULL,
    sort_name VARCHAR(100) AS (LEFT(COALESCE(
      NULLIF(TRIM(CONCAT(COALESCE(last_name, company_name, ''), ' ', COALESCE(first_name, ''))), ''),
      CONCAT('Client ', COALESCE(display_id, pims_id))), 100)) STORED,
    sound VARCHAR(12) AS (LEFT(SOUNDEX(COALESCE(last_name, company_name, '')), 12)) STORED,
    PRIMARY KEY (practice_id, pims_id),
    KEY by_name (practice_id, sort_name, pims_id),
    KEY by_first_name (practice_id, first_name),
    KEY by_sound (practice_id, sound),
    KEY by_evaluation (practice_id, needs_evaluation),
    KEY by_verdict (practice_id, verdict, reason, sort_name),
    KEY by_phone (practice_id, phone_tail),
    KEY by_other_phone (practice_id, other_phone_tail),
    KEY by_third_phone (practice_id, third_phone_tail),
    KEY by_display (practice_id, display_id),
    KEY by_email (email_key, living, practice_id),
    KEY by_duplicate (practice_id, duplicate_key),
    KEY by_due (practice_id, decide_on),
    KEY by_merged (practice_id, merged_into)
  ) ${table}`,

  `CREATE TABLE pims_pets (
    practice_id ${practice} NOT NULL,
    client_pims_id ${pimsId} NOT NULL,
    pims_id ${pimsId} NOT NULL,
    name VARCHAR(200) NULL,
    species VARCHAR(40) NOT NULL,
    species_raw VARCHAR(100) NULL,
    breed VARCHAR(100) NULL,
    sex ${word} NOT NULL,
    neutered TINYINT NULL,
    sex_raw VARCHAR(40) NULL,
    born_on DATE NULL,
    died_on DATE NULL,
    status ${word} NOT NULL,
    status_raw VARCHAR(40) NULL,
    share DECIMAL(5,2) NULL,
    primary_owner TINYINT NOT NULL,
    PRIMARY KEY (practice_id, client_pims_id, pims_id),
    KEY by_name (practice_id, name),
    KEY by_pet (practice_id, pims_id)
  ) ${table}`,

  `CREATE TABLE accounts (
    id ${id} NOT NULL PRIMARY KEY,
    email VARCHAR(254) NOT NULL,
    email_key ${emailKey} NOT NULL,
    first_name VARCHAR(200) NULL,
    last_name VARCHAR(200) NULL,
    phone VARCHAR(40) NULL,
    password_hash VARCHAR(255) NULL,
    first_login_at ${time} NULL,
    confirmed_at ${time} NULL,
    last_login_at ${time} NULL,
    closed_at ${time} NULL,
    created_at ${time} NOT NULL,
    phone_tail VARCHAR(40) COLLATE utf8mb4_bin
      AS (REVERSE(REPLACE(REPLACE(REPLACE(REPLACE(REPLACE(phone, ' ', ''), '-', ''), '(', ''), ')', ''), '.', ''))) STORED,
    halfway TINYINT
      AS (IF(first_login_at IS NOT NULL AND password_hash IS NULL AND confirmed_at IS NULL, 1, NULL)) STORED,
    UNIQUE KEY by_email (email_key),
    KEY by_phone (phone),
    KEY by_phone_tail (phone_tail),
    KEY by_halfway (halfway),
    KEY by_first_login (first_login_at)
  ) ${table}`,

  `CREATE TABLE identity_conflicts (
    practice_id ${practice} NOT NULL,
    pims_id ${pimsId} NOT NULL,
    fingerprint BINARY(16) NOT NULL,
    email_key ${emailKey} NULL,
    record MEDIUMTEXT NOT NULL,
    seen_at ${time} NOT NULL,
    PRIMARY KEY (practice_id, pims_id),
    KEY by_email (email_key)
  ) ${table}`,

  `CREATE TABLE undone_facts (
    practice_id ${practice} NOT NULL,
    client_pims_id ${pimsId} NOT NULL,
    kind ${word} NOT NULL,
    subject VARCHAR(254) COLLATE utf8mb4_bin NOT NULL,
    said VARCHAR(254) COLLATE utf8mb4_bin NULL,
    pending TINYINT NOT NULL,
    pet_name VARCHAR(200) NULL,
    species VARCHAR(40) NULL,
    born_on DATE NULL,
    PRIMARY KEY (practice_id, client_pims_id, kind, subject),
    KEY by_pending (practice_id, pending, kind)
  ) ${table}`,

  `CREATE TABLE account_links (
    practice_id ${practice} NOT NULL,
    client_pims_id ${pimsId} NOT NULL,
    account_id ${id} NOT NULL,
    reason ${word} NOT NULL,
    sentence VARCHAR(500) NOT NULL,
    made_by ${word} NOT NULL,
    linked_at ${time} NOT NULL,
    PRIMARY KEY (practice_id, client_pims_id),
    KEY by_account (account_id, practice_id)
  ) ${table}`,

  // Client records that staff removed from an account: no rule links them again.
  `CREATE TABLE link_refusals (
    practice_id ${practice} NOT NULL,
    client_pims_id ${pimsId} NOT NULL,
    account_id ${id} NOT NULL,
    email_key ${emailKey} NOT NULL,
    kept MEDIUMTEXT NOT NULL,
    said_by VARCHAR(200) NOT NULL,
    said_at ${time} NOT NULL,
    PRIMARY KEY (practice_id, client_pims_id, account_id),
    KEY by_account (account_id)
  ) ${table}`,

  `CREATE TABLE account_pets (
    id ${id} NOT NULL PRIMARY KEY,
    account_id ${id} NOT NULL,
    practice_id ${practice} NULL,
    pims_id ${pimsId} NULL,
    name VARCHAR(200) NOT NULL,
    species VARCHAR(40) NOT NULL,
    breed VARCHAR(100) NULL,
    born_on DATE NULL,
    state ${word} NOT NULL,
    confirmed_at ${time} NOT NULL,
    KEY by_account (account_id)
  ) ${table}`,

  `CREATE TABLE temporary_credentials (
    account_id ${id} NOT NULL PRIMARY KEY,
    issuing_practice_id ${practice} NOT NULL,
    key_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    sealed VARBINARY(128) NULL,
    issued_at ${time} NOT NULL,
    expires_at ${time} NOT NULL,
    failed_tries INT NOT NULL DEFAULT 0,
    used_at ${time} NULL,
    grace_digest VARBINARY(64) NULL,
    grace_key_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NULL,
    grace_until ${time} NULL,
    cleared_at ${time} NULL,
    cleared_reason ${word} NULL,
    KEY by_used (used_at, cleared_at),
    KEY by_grace (grace_until),
    KEY by_key (key_id)
  ) ${table}`,

  `CREATE TABLE messages (
    id ${id} NOT NULL PRIMARY KEY,
    practice_id ${practice} NULL,
    account_id ${id} NULL,
    client_pims_id ${pimsId} NULL,
    staff_id ${id} NULL,
    branding_practice_id ${practice} NULL,
    kind ${word} NOT NULL,
    state ${word} NOT NULL,
    reason ${word} NULL,
    detail VARCHAR(500) NULL,
    requested_by VARCHAR(200) NULL,
    superseded TINYINT NOT NULL DEFAULT 0,
    attempts INT NOT NULL DEFAULT 0,
    urgent TINYINT NOT NULL DEFAULT 0,
    due_at ${time} NOT NULL,
    enqueued_at ${time} NULL,
    position BIGINT NULL,
    accepted_at ${time} NULL,
    created_at ${time} NOT NULL,
    changed_at ${time} NOT NULL,
    open_key VARCHAR(130) CHARACTER SET ascii COLLATE ascii_bin NULL,
    UNIQUE KEY one_open (open_key),
    KEY by_state (state, urgent, practice_id, enqueued_at, due_at),
    KEY by_practice (practice_id, state, due_at),
    KEY by_queue (enqueued_at),
    KEY by_hand_over (practice_id, accepted_at),
    KEY by_account (account_id, created_at),
    KEY by_staff (staff_id, created_at),
    KEY by_client (practice_id, client_pims_id),
    KEY by_practice_time (practice_id, created_at),
    KEY by_practice_id (practice_id, id)
  ) ${table}`,

  `CREATE TABLE send_attempts (
    id ${id} NOT NULL PRIMARY KEY,
    message_id ${id} NOT NULL,
    number INT NOT NULL,
    email VARCHAR(254) NULL,
    claimed_at ${time} NOT NULL,
    answered_at ${time} NULL,
    outcome ${word} NULL,
    ses_message_id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NULL,
    error_code VARCHAR(80) NULL,
    error_message VARCHAR(500) NULL,
    UNIQUE KEY by_number (message_id, number),
    KEY by_message (ses_message_id)
  ) ${table}`,

  `CREATE TABLE ses_events (
    id VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    message_id ${id} NULL,
    attempt_id ${id} NULL,
    type ${word} NOT NULL,
    happened_at ${time} NOT NULL,
    received_at ${time} NOT NULL,
    detail VARCHAR(500) NULL,
    KEY by_welcome (message_id, happened_at),
    KEY by_received (received_at)
  ) ${table}`,

  `CREATE TABLE suppressions (
    email_key ${emailKey} NOT NULL PRIMARY KEY,
    reason ${word} NOT NULL,
    detail VARCHAR(500) NULL,
    since ${time} NOT NULL
  ) ${table}`,

  `CREATE TABLE email_sending (
    name ${word} NOT NULL PRIMARY KEY,
    quota_per_second DOUBLE NULL,
    quota_24_hours INT NULL,
    quota_sent INT NULL,
    quota_read_at ${time} NULL,
    share DOUBLE NOT NULL DEFAULT 1,
    throttled_at ${time} NULL,
    stopped_at ${time} NULL,
    stopped_code ${word} NULL,
    stopped_why VARCHAR(500) NULL,
    retry_at ${time} NULL,
    retries INT NOT NULL DEFAULT 0,
    probe_id ${id} NULL,
    position BIGINT NOT NULL DEFAULT 0
  ) ${table}`,

  `CREATE TABLE fair_queue (
    practice_id ${practice} NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    step INT NULL,
    allowance INT NULL,
    watch_until ${time} NULL,
    counted_at ${time} NULL
  ) ${table}`,

  `INSERT INTO email_sending (name) VALUES ('ses')`,

  // Data that a sync run overwrote: restored if the safety stop stops the run, deleted once the run passes.
  `CREATE TABLE former_clients (
    practice_id ${practice} NOT NULL,
    pims_id ${pimsId} NOT NULL,
    fingerprint BINARY(16) NOT NULL,
    record MEDIUMTEXT NOT NULL,
    changed_at ${time} NOT NULL,
    missing_since ${time} NULL,
    merged_into ${pimsId} NULL,
    living TINYINT NOT NULL,
    PRIMARY KEY (practice_id, pims_id)
  ) ${table}`,

  'CREATE TABLE former_undone_facts LIKE undone_facts',

  `CREATE TABLE former_pets (
    practice_id ${practice} NOT NULL,
    client_pims_id ${pimsId} NOT NULL,
    pims_id ${pimsId} NOT NULL,
    name VARCHAR(200) NULL,
    species VARCHAR(40) NOT NULL,
    species_raw VARCHAR(100) NULL,
    breed VARCHAR(100) NULL,
    sex ${word} NOT NULL,
    neutered TINYINT NULL,
    sex_raw VARCHAR(40) NULL,
    born_on DATE NULL,
    died_on DATE NULL,
    status ${word} NOT NULL,
    status_raw VARCHAR(40) NULL,
    share DECIMAL(5,2) NULL,
    primary_owner TINYINT NOT NULL,
    PRIMARY KEY (practice_id, client_pims_id, pims_id)
  ) ${table}`,

  `CREATE TABLE sync_runs (
    id ${id} NOT NULL PRIMARY KEY,
    practice_id ${practice} NOT NULL,
    kind ${word} NOT NULL,
    nightly_date DATE NULL,
    client_reference VARCHAR(128) NULL,
    state ${word} NOT NULL,
    active_practice ${practice} NULL,
    requested_by VARCHAR(200) NULL,
    requested_at ${time} NOT NULL,
    started_at ${time} NULL,
    finished_at ${time} NULL,
    page_no INT NOT NULL DEFAULT 0,
    next_cursor TEXT NULL,
    read_all TINYINT NOT NULL DEFAULT 0,
    passed_safety_stop TINYINT NOT NULL DEFAULT 0,
    progressed_at ${time} NULL,
    counts TEXT NOT NULL,
    profile MEDIUMTEXT NULL,
    drift MEDIUMTEXT NULL,
    safety_stop_released_by VARCHAR(200) NULL,
    error_code VARCHAR(80) NULL,
    error_message VARCHAR(1000) NULL,
    error_help VARCHAR(1000) NULL,
    UNIQUE KEY one_active (active_practice),
    UNIQUE KEY one_per_night (practice_id, nightly_date),
    KEY by_practice (practice_id, requested_at)
  ) ${table}`,

  `CREATE TABLE sync_pages (
    run_id ${id} NOT NULL,
    page_no INT NOT NULL,
    seen MEDIUMBLOB NOT NULL,
    PRIMARY KEY (run_id, page_no)
  ) ${table}`,

  `CREATE TABLE sync_unreadable (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    run_id ${id} NOT NULL,
    reference VARCHAR(200) NOT NULL,
    reason VARCHAR(500) NOT NULL,
    KEY by_run (run_id)
  ) ${table}`,

  `CREATE TABLE tasks (
    id ${id} NOT NULL PRIMARY KEY,
    practice_id ${practice} NOT NULL,
    kind ${word} NOT NULL,
    client_pims_id ${pimsId} NULL,
    account_id ${id} NULL,
    sentence VARCHAR(500) NOT NULL,
    details TEXT NULL,
    opened_at ${time} NOT NULL,
    closed_at ${time} NULL,
    closed_by VARCHAR(200) NULL,
    open_key VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL,
    UNIQUE KEY one_open (open_key),
    KEY by_practice (practice_id, closed_at, opened_at),
    KEY by_client (practice_id, client_pims_id)
  ) ${table}`,

  `CREATE TABLE staff (
    id ${id} NOT NULL PRIMARY KEY,
    email VARCHAR(254) NOT NULL,
    email_key ${emailKey} NOT NULL,
    name VARCHAR(200) NOT NULL,
    role ${word} NOT NULL,
    password_hash VARCHAR(255) NULL,
    created_at ${time} NOT NULL,
    disabled_at ${time} NULL,
    last_login_at ${time} NULL,
    UNIQUE KEY by_email (email_key)
  ) ${table}`,

  `CREATE TABLE staff_practices (
    staff_id ${id} NOT NULL,
    practice_id ${practice} NOT NULL,
    PRIMARY KEY (staff_id, practice_id),
    KEY by_practice (practice_id)
  ) ${table}`,

  `CREATE TABLE sessions (
    token_hash BINARY(32) NOT NULL PRIMARY KEY,
    kind ${word} NOT NULL,
    subject_id ${id} NOT NULL,
    purpose ${word} NOT NULL,
    created_at ${time} NOT NULL,
    seen_at ${time} NOT NULL,
    expires_at ${time} NOT NULL,
    KEY by_subject (kind, subject_id),
    KEY by_expiry (expires_at)
  ) ${table}`,

  `CREATE TABLE api_tokens (
    id ${id} NOT NULL PRIMARY KEY,
    token_hash BINARY(32) NOT NULL,
    practice_id ${practice} NOT NULL,
    name VARCHAR(200) NOT NULL,
    scopes VARCHAR(500) NOT NULL,
    created_by VARCHAR(200) NOT NULL,
    created_at ${time} NOT NULL,
    expires_at ${time} NOT NULL,
    last_used_at ${time} NULL,
    revoked_at ${time} NULL,
    UNIQUE KEY by_token (token_hash),
    KEY by_practice (practice_id, created_at)
  ) ${table}`,

  `CREATE TABLE reset_tokens (
    token_hash BINARY(32) NOT NULL PRIMARY KEY,
    kind ${word} NOT NULL,
    subject_id ${id} NOT NULL,
    created_at ${time} NOT NULL,
    expires_at ${time} NOT NULL,
    used_at ${time} NULL,
    KEY by_subject (kind, subject_id),
    KEY by_expiry (expires_at)
  ) ${table}`,

  `CREATE TABLE branding_versions (
    practice_id ${practice} NOT NULL,
    version INT NOT NULL,
    brand MEDIUMTEXT NULL,
    saved_at ${time} NOT NULL,
    saved_by VARCHAR(200) NOT NULL,
    PRIMARY KEY (practice_id, version)
  ) ${table}`,

  `CREATE TABLE branding_logos (
    id CHAR(44) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    bytes MEDIUMBLOB NOT NULL,
    width INT NOT NULL,
    height INT NOT NULL,
    saved_at ${time} NOT NULL
  ) ${table}`,

  `CREATE TABLE throttles (
    name VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL PRIMARY KEY,
    count INT NOT NULL,
    until ${time} NOT NULL,
    KEY by_until (until)
  ) ${table}`,

  `CREATE TABLE receipts (
    scope ${word} NOT NULL,
    name VARCHAR(191) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    received_at ${time} NOT NULL,
    answer MEDIUMTEXT NULL,
    PRIMARY KEY (scope, name),
    KEY by_time (received_at)
  ) ${table}`,

  // Keyed hashes of people who were erased at their request, so that no sync copies them again. The next table stores
  // the key, sealed.
  `CREATE TABLE erased_people (
    practice_id ${practice} NOT NULL,
    mark BINARY(32) NOT NULL,
    erased_at ${time} NOT NULL,
    PRIMARY KEY (practice_id, mark)
  ) ${table}`,

  `CREATE TABLE sealed_keys (
    name ${word} NOT NULL PRIMARY KEY,
    key_id VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    sealed VARBINARY(128) NOT NULL
  ) ${table}`,

  `CREATE TABLE audit (
    id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    at ${time} NOT NULL,
    actor_kind ${word} NOT NULL,
    actor_id VARCHAR(64) NULL,
    actor_name VARCHAR(200) NULL,
    action ${word} NOT NULL,
    practice_id ${practice} NULL,
    account_id ${id} NULL,
    details TEXT NULL,
    KEY by_account (account_id, at),
    KEY by_practice (practice_id, at),
    KEY by_action (action, at)
  ) ${table}`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
