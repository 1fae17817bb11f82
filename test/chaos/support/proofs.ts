import type { ChaosPractice } from './practices.js';
import type { Town } from './town.js';
import type { Visitors } from './visitors.js';

/**
 * Checks the invariants of a settled town, from outside where possible: in the practices' PIMS, in the emails that the
 * SES endpoint accepted, at the login. Each returned sentence is a finding.
 */
export async function findings(town: Town, visitors: Visitors): Promise<string[]> {
  const found = await Promise.all([
    verified(town),
    ...town.practices.list.map((practice) => sameAsThePims(town, practice)),
    mailedOnce(town),
    noPasswordOutlives(town, visitors),
  ]);
  return [...found.flat(), ...town.crashes.splice(0)];
}

/** Runs `verify`, the operator's own check. */
async function verified(town: Town): Promise<string[]> {
  const { out, err, code } = await town.command('verify', '--json');
  if (code === 0) return [];
  const { findings = [] } = (out ? JSON.parse(out) : {}) as {
    findings?: { count: number; code: string; examples: string[] }[];
  };
  const broken = findings.filter(({ count }) => count > 0);
  return [`verify ends with ${code}: ${err}`, ...broken.map((one) => `verify: ${one.code} ${one.examples.join(' ')}`)];
}

interface Planned {
  counts: { unreadable: number };
  clients: { pimsId: string; verdict: string; reason: string; before: string | null }[];
}

/** Reads the PIMS again from scratch and compares it with the client copy. */
async function sameAsThePims(town: Town, { id, rows }: ChaosPractice): Promise<string[]> {
  const { out, err, code } = await town.command('plan', id, '--format', 'json');
  if (code !== 0) return [`${id}: its PIMS cannot be read: ${err}`];
  const wrong: string[] = [];
  const { clients, counts } = JSON.parse(out) as Planned;
  const inPims = await rows();
  if (inPims !== clients.length + counts.unreadable)
    wrong.push(`${id}: ${inPims} rows in the PIMS, ${clients.length} read, ${counts.unreadable} unreadable`);
  const kept = await town.rows<{ id: string; linked: string | null }>(
    `SELECT c.pims_id id, l.account_id linked FROM pims_clients c
       LEFT JOIN account_links l ON l.practice_id = c.practice_id AND l.client_pims_id = c.pims_id
      WHERE c.practice_id = ? AND c.missing_since IS NULL`,
    [id],
  );
  const ours = new Map(kept.map((row) => [row.id, row.linked]));
  for (const client of clients) {
    if (!ours.has(client.pimsId)) wrong.push(`${id}/${client.pimsId} is in the PIMS and lost to us`);
    else if (client.verdict === 'invite' && ours.get(client.pimsId) === null)
      wrong.push(`${id}/${client.pimsId} should be invited and has no account`);
    // A client who has logged in since the invitation stays recorded as invited until something else changes.
    const since = client.before === 'eligible' && client.reason === 'has-account';
    if (client.before !== client.reason && !since)
      wrong.push(`${id}/${client.pimsId} was decided "${client.before}" and is "${client.reason}"`);
  }
  if (kept.length !== clients.length) wrong.push(`${id}: ${kept.length} kept, ${clients.length} in the PIMS`);
  return wrong;
}

/** Counts what SES accepted, not what our database says. */
async function mailedOnce(town: Town): Promise<string[]> {
  const { counts } = town.ses;
  const mails = await town.rows<{
    id: string;
    kind: string;
    state: string;
    superseded: number;
    account: string;
    practice: string;
    email: string;
    asked: string | null;
  }>(
    `SELECT w.id, w.kind, w.state, w.superseded, w.account_id account, w.practice_id practice, a.email, w.requested_by asked
       FROM messages w JOIN accounts a ON a.id = w.account_id`,
  );
  const wrong: string[] = [];
  const perPerson = new Map<string, number>();
  const reached = new Set<string>();
  for (const { id, kind, state, superseded, account, practice, asked } of mails) {
    const accepted = counts.acceptedWithTag('message', id);
    if (accepted > 1) wrong.push(`the ${kind} mail ${id} was accepted ${accepted} times`);
    const believed = ['accepted', 'delivered', 'delayed', 'bounced', 'complained'].includes(state);
    if (believed && accepted === 0) wrong.push(`the ${kind} mail ${id} is ${state}, but SES never had it`);
    if (!believed && accepted > 0) wrong.push(`the ${kind} mail ${id} is ${state}, but SES accepted it`);
    if (accepted > 0) reached.add(account);
    // A pet parent whose address changed before the first login rightly gets another email there.
    if (kind !== 'welcome' || asked !== null || superseded === 1) continue;
    const key = `${account} at ${practice}`;
    perPerson.set(key, (perPerson.get(key) ?? 0) + accepted);
  }
  for (const [person, accepted] of perPerson) if (accepted > 1) wrong.push(`${person} got ${accepted} Welcome Emails`);
  // Every account that may get email must have got one.
  const people = await town.rows<{ id: string; states: string }>(
    `SELECT a.id, GROUP_CONCAT(w.state) states FROM accounts a LEFT JOIN messages w ON w.account_id = a.id
      WHERE a.closed_at IS NULL AND a.first_login_at IS NULL GROUP BY a.id`,
  );
  for (const { id, states } of people) {
    if (!reached.has(id) && !/canceled|recalled|rejected|failed/.test(states ?? ''))
      wrong.push(`account ${id} was forgotten: its emails are ${states ?? 'none'}`);
  }
  return wrong;
}

async function noPasswordOutlives(town: Town, visitors: Visitors): Promise<string[]> {
  const wrong: string[] = [];
  const alive = await town.rows<{ id: string }>(
    `SELECT c.account_id id FROM temporary_credentials c JOIN accounts a ON a.id = c.account_id
      WHERE a.first_login_at IS NOT NULL AND (c.sealed IS NOT NULL OR c.key_id IS NOT NULL)`,
  );
  for (const { id } of alive) wrong.push(`the temporary password of ${id} is alive after the first login`);
  for (const visit of visitors.visits.values()) {
    const [row] = await town.rows<{ at: Date | null; own: number }>(
      'SELECT first_login_at at, password_hash IS NOT NULL own FROM accounts WHERE id = ?',
      [visit.account],
    );
    if (!row?.at) wrong.push(`${visit.account} was let in, but no first login is written down`);
    if (visit.finished && !row?.own) wrong.push(`${visit.account} chose a password, and it is lost`);
  }
  const finished = [...visitors.visits.values()].filter((visit) => visit.finished).slice(-2);
  for (const visit of finished) {
    const status = await visitors.logIn(visit);
    // After too many tries, the login does not even say that the password is wrong.
    if (status !== 401 && status !== 429)
      wrong.push(`the temporary password of ${visit.account} still answers ${status}`);
  }
  return wrong;
}
