import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { petNames } from '../../demo/practices/animals.js';
import { firstNames, lastNames } from '../../demo/practices/names.js';
import { setSession } from '../../src/store/db/session.js';

/** Id of the practice with a tenth of all pet parents; up to 200 other practices share the rest. */
export const huge = 'huge';
const mostOthers = 200;

const practiceCount = (people: number): number => 1 + Math.max(1, Math.min(mostOthers, Math.round(people / 100)));

/** Of 10,000 pet parents, the number in each state; some states are rare, as on an ordinary day. */
const shares = [
  ['hold', 2000],
  ['skip', 1000],
  ['waiting', 5],
  ['active', 2990],
  ['started', 5],
  ['invited', 3895],
  ['expired', 5],
  ['bounced', 95],
  ['sending', 5],
] as const;

/** Number of tables filled at the same time. */
const connections = 2;

/** SQL expressions over `p`, the plan of one pet parent. */
const id = (kind: string) => `CONCAT('bench000', '${kind}', LPAD(p.n, 11, '0'))`;
const email = "CONCAT(LOWER(p.first_name), '.', LOWER(p.last_name), p.n, '@mail.example')";
const phone = "CONCAT('+1415', LPAD(MOD(p.n * 7919, 10000000), 7, '0'))";
const tail = `REVERSE(SUBSTRING(${phone}, 2))`;
const created = "TIMESTAMPADD(SECOND, -MOD(p.n * 37, 20000000), '2026-05-01')";
const invited = "p.kind NOT IN ('hold', 'skip', 'waiting')";
/** SQL for a number below `below` that looks random and is the same in every run. */
const random = (salt: string, below: number) => `MOD(CRC32(CONCAT('${salt}', p.n)), ${below})`;

/**
 * Fills an empty, migrated database with pet parents. Statements multiply rows inside the database, so that no row is
 * sent one by one. The rows are like those of imports, campaigns and logins, except that nothing is sealed.
 */
export async function seedPeople(databaseUrl: string, people: number, say: (text: string) => void): Promise<void> {
  const pool = createPool({ uri: databaseUrl, connectionLimit: connections });
  pool.pool.on('connection', setSession);
  try {
    say('planning pet parents');
    await plan(pool, people);
    const waiting = Object.entries(inserts);
    const fillNext = async (): Promise<void> => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [table, insert] = next;
        say(`filling ${table}`);
        const indexes = await dropIndexes(pool, table);
        for (let from = 0; from < people; from += 50_000)
          await pool.query(insert, [from, Math.min(from + 50_000, people)]);
        if (indexes) await pool.query(`ALTER TABLE ${table} ${indexes}`);
        await pool.query(`ANALYZE TABLE ${table}`);
      }
    };
    await Promise.all(Array.from({ length: connections }, fillNext));
    await pool.query('DROP TABLE bench_people, bench_numbers, bench_words');
  } finally {
    await pool.end();
  }
}

/** Drops a table's secondary indexes, because building them later is many times faster; returns the ALTER for it. */
async function dropIndexes(pool: Pool, table: string): Promise<string> {
  const [rows] = await pool.query<({ 'Create Table': string } & RowDataPacket)[]>(`SHOW CREATE TABLE ${table}`);
  const lines = (rows[0]?.['Create Table'] ?? '').split('\n').map((line) => line.trim().replace(/,$/, ''));
  const keys = lines.filter((line) => /^(UNIQUE )?KEY /.test(line));
  const names = keys.map((line) => /`([^`]+)`/.exec(line)?.[1] as string);
  if (keys.length > 0) await pool.query(`ALTER TABLE ${table} ${names.map((name) => `DROP KEY ${name}`).join(', ')}`);
  return keys.map((line) => `ADD ${line}`).join(', ');
}

/** Fills the plan: practice and state of each pet parent, one narrow row each; all other tables are made from it. */
async function plan(pool: Pool, people: number): Promise<void> {
  await pool.query('CREATE TABLE bench_words (kind CHAR(5), n INT, word VARCHAR(40), PRIMARY KEY (kind, n))');
  const lists = { first: firstNames, last: lastNames, pet: petNames };
  for (const [kind, words] of Object.entries(lists))
    await pool.query('INSERT INTO bench_words VALUES ?', [words.map((word, n) => [kind, n, word])]);
  await pool.query('CREATE TABLE bench_numbers (n INT NOT NULL PRIMARY KEY)');
  await pool.query('INSERT INTO bench_numbers VALUES (0)');
  for (let have = 1; have < people; have *= 2)
    await pool.query('INSERT INTO bench_numbers SELECT n + ? FROM bench_numbers WHERE n + ? < ?', [have, have, people]);
  const others = practiceCount(people) - 1;
  const word = (kind: string, count: number) =>
    `JOIN bench_words ${kind} ON ${kind}.kind = '${kind}' AND ${kind}.n = ${random(kind, count)}`;
  let sum = 0;
  const kinds = shares.map(([kind, share]) => `WHEN ${random('kind', 10_000)} < ${(sum += share)} THEN '${kind}'`);
  await pool.query(`CREATE TABLE bench_people (
    n INT NOT NULL PRIMARY KEY, practice_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
    first_name VARCHAR(40) NOT NULL, last_name VARCHAR(40) NOT NULL, pet VARCHAR(40) NOT NULL, kind VARCHAR(10) NOT NULL)
    SELECT STRAIGHT_JOIN p.n, first.word first_name, last.word last_name, pet.word pet, CASE ${kinds.join(' ')} END kind,
      IF(p.n < ${people} / 10, '${huge}', CONCAT('practice-', LPAD(MOD(p.n, ${others}), 3, '0'))) practice_id
    FROM bench_numbers p ${word('first', firstNames.length)} ${word('last', lastNames.length)} ${word('pet', petNames.length)}`);
  await pool.query(`INSERT INTO practices (id, name, time_zone, approved_at, approved_by, created_at)
    SELECT practice_id, CONCAT('Practice ', practice_id), 'America/Chicago', '2025-09-01', 'Benchmark', '2025-09-01'
    FROM bench_people GROUP BY practice_id`);
}

const among = 'FROM bench_people p WHERE p.n >= ? AND p.n < ?';

/** The INSERT of each table, the largest table first. */
const inserts: Record<string, string> = {
  pims_clients: `INSERT INTO pims_clients (practice_id, pims_id, fingerprint, display_id, first_name, last_name, email_key,
      phone_tail, record, first_seen_at, changed_at, living, needs_evaluation, verdict, reason, sentence, decided_at)
    SELECT p.practice_id, p.n, UNHEX(MD5(p.n)), 100000 + p.n, p.first_name, p.last_name,
      IF(p.kind = 'hold', NULL, ${email}), ${tail},
      JSON_OBJECT('pimsId', CONCAT(p.n), 'displayId', CONCAT(100000 + p.n), 'siteId', NULL, 'title', NULL,
        'firstName', p.first_name, 'lastName', p.last_name, 'spouseFirstName', NULL, 'spouseLastName', NULL,
        'companyName', NULL, 'emails', IF(p.kind = 'hold', JSON_ARRAY(), JSON_ARRAY(${email})),
        'phones', JSON_ARRAY(JSON_OBJECT('label', 'cell', 'number', ${phone})), 'inactive', FALSE, 'deleted', FALSE,
        'optOut', NULL, 'classification', NULL, 'unknownStatus', NULL, 'createdOn', '2019-05-02', 'lastVisitOn', '2026-01-12'),
      ${created}, ${created}, 1, 0,
      CASE p.kind WHEN 'hold' THEN 'hold' WHEN 'skip' THEN 'skip' ELSE 'invite' END,
      CASE p.kind WHEN 'hold' THEN 'no-email' WHEN 'skip' THEN 'inactive' ELSE 'eligible' END,
      'As the benchmark decided.', ${created} ${among}`,
  pims_pets: `INSERT INTO pims_pets (practice_id, client_pims_id, pims_id, name, species, species_raw, breed, sex, born_on, status, primary_owner)
    SELECT p.practice_id, p.n, CONCAT(p.n, '-', k.n), IF(k.n = 0, p.pet, CONCAT(p.pet, ' ', k.word)), 'dog', 'Canine', 'Mixed', 'female', '2020-02-02', 'active', 1
    FROM bench_people p JOIN bench_words k ON k.kind = 'last' AND k.n <= MOD(p.n, 2) WHERE p.n >= ? AND p.n < ?`,
  accounts: `INSERT INTO accounts (id, email, email_key, first_name, last_name, phone, password_hash, first_login_at, confirmed_at, last_login_at, created_at)
    SELECT ${id('a')}, ${email}, ${email}, p.first_name, p.last_name, ${phone}, IF(p.kind = 'active', 'x', NULL),
      IF(p.kind IN ('active', 'started'), ${created}, NULL), IF(p.kind = 'active', ${created}, NULL),
      IF(p.kind IN ('active', 'started'), ${created}, NULL), ${created} ${among} AND ${invited}`,
  account_links: `INSERT INTO account_links (practice_id, client_pims_id, account_id, reason, sentence, made_by, linked_at)
    SELECT p.practice_id, p.n, ${id('a')}, 'new-account', 'The account was made for this client.', 'rule', ${created} ${among} AND ${invited}`,
  temporary_credentials: `INSERT INTO temporary_credentials (account_id, issuing_practice_id, key_id, sealed, issued_at, expires_at, used_at, cleared_at, cleared_reason)
    SELECT ${id('a')}, p.practice_id, IF(p.kind IN ('active', 'started'), NULL, 'k1'), IF(p.kind IN ('active', 'started'), NULL, UNHEX(MD5(p.n))),
      ${created}, IF(p.kind = 'expired', '2026-01-01', '2099-01-01'), IF(p.kind IN ('active', 'started'), ${created}, NULL),
      IF(p.kind IN ('active', 'started'), ${created}, NULL), IF(p.kind IN ('active', 'started'), 'first-login', NULL) ${among} AND ${invited}`,
  messages: `INSERT INTO messages (id, practice_id, account_id, client_pims_id, kind, state, detail, attempts, due_at, accepted_at, created_at, changed_at, open_key)
    SELECT ${id('w')}, p.practice_id, ${id('a')}, p.n, 'welcome',
      CASE p.kind WHEN 'bounced' THEN 'bounced' WHEN 'sending' THEN 'queued' ELSE 'delivered' END,
      IF(p.kind = 'bounced', 'The mailbox does not exist.', NULL), 1, ${created}, ${created}, ${created}, ${created},
      IF(p.kind = 'sending', CONCAT('welcome.', p.n), NULL) ${among} AND ${invited}`,
  send_attempts: `INSERT INTO send_attempts (id, message_id, number, claimed_at, answered_at, outcome, ses_message_id)
    SELECT ${id('t')}, ${id('w')}, 1, ${created}, ${created}, 'accepted', ${id('m')} ${among} AND ${invited} AND p.kind <> 'sending'`,
  ses_events: `INSERT INTO ses_events (id, message_id, attempt_id, type, happened_at, received_at)
    SELECT ${id('e')}, ${id('w')}, ${id('t')}, IF(p.kind = 'bounced', 'bounce', 'delivery'), ${created}, ${created}
    ${among} AND ${invited} AND p.kind <> 'sending'`,
  audit: `INSERT INTO audit (at, actor_kind, actor_id, actor_name, action, practice_id, account_id, details)
    SELECT ${created}, 'staff', 'bench', 'Benchmark', 'temporary-password-viewed', p.practice_id, ${id('a')}, '{"screen":"Pet Parents > Pet App","address":"192.0.2.1"}'
    ${among} AND ${invited} AND MOD(p.n, 2) = 0`,
};
