import type { AllowedPractices } from '../access/allowed-practices.js';
import type { Database } from '../db/database.js';
import { pendingMails } from '../pet-parents/pet-parent-state.js';
import type { Row } from '../db/tables.js';

/** A mail with what became of it. */
export interface DetailMail {
  welcome: Row<'welcomes'>;
  attempts: Row<'send_attempts'>[];
  events: Row<'ses_events'>[];
}

const mailsShown = 30;

/** The newest mails to an account and all that are still open, newest first, with what SES said about each. */
export async function mailsOf(
  db: Database,
  allowed: AllowedPractices,
  accountId: string,
  limit = mailsShown,
): Promise<DetailMail[]> {
  const mails = db
    .selectFrom('welcomes')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('practice_id', 'in', allowed.idsForQuery)
    .orderBy('created_at', 'desc');
  const newest = await mails.limit(limit).execute();
  const open = newest.length < limit ? [] : await mails.where('state', 'in', pendingMails).execute();
  const shown = new Set(newest.map(({ id }) => id));
  return withStories(db, [...newest, ...open.filter(({ id }) => !shown.has(id))]);
}

/** One mail, with what SES said about it; null when there is none in these practices. */
export async function mailWithStory(
  db: Database,
  allowed: AllowedPractices,
  welcomeId: string,
): Promise<DetailMail | null> {
  const mails = await db
    .selectFrom('welcomes')
    .selectAll()
    .where('id', '=', welcomeId)
    .where('practice_id', 'in', allowed.idsForQuery)
    .execute();
  return (await withStories(db, mails))[0] ?? null;
}

async function withStories(db: Database, welcomes: readonly Row<'welcomes'>[]): Promise<DetailMail[]> {
  if (welcomes.length === 0) return [];
  const ids = welcomes.map(({ id }) => id);
  const [attempts, events] = await Promise.all([
    db.selectFrom('send_attempts').selectAll().where('welcome_id', 'in', ids).orderBy('number').execute(),
    db.selectFrom('ses_events').selectAll().where('welcome_id', 'in', ids).orderBy('happened_at').execute(),
  ]);
  return welcomes.map((welcome) => ({
    welcome,
    attempts: attempts.filter((attempt) => attempt.welcome_id === welcome.id),
    events: events.filter((event) => event.welcome_id === welcome.id),
  }));
}
