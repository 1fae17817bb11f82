import type { Random } from '../../../demo/ses/random.js';
import { readMail, type AcceptedMail } from '../../../demo/ses/mails.js';
import { until } from '../../support/processes.js';
import type { Town } from './town.js';

/** A pet parent who read the email and logged in with its password. */
export interface Visit {
  account: string;
  email: string;
  password: string;
  /** True if they finished: confirmed their data and set a password of their own. */
  finished: boolean;
}

export type Visitors = ReturnType<typeof createVisitors>;

const ownPassword = 'velvet canyon trumpet 7';

/** Pet parents who read their Welcome Email in the SES endpoint's mailbox and log in over HTTP, as their app does. */
export function createVisitors(town: Town) {
  const visits = new Map<string, Visit>();
  const tried = new Set<number>();
  const answers: number[] = [];

  const api = async (path: string, body?: object, token?: string) => {
    const answer = await fetch(town.webUrl + path, {
      ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      signal: AbortSignal.timeout(20_000),
    }).catch(() => null);
    return (
      answer && {
        status: answer.status,
        body: (await answer.json().catch(() => ({}))) as Record<string, unknown>,
      }
    );
  };

  async function visitOne(mail: AcceptedMail, random: Random): Promise<void> {
    const email = mail.destinations[0] as string;
    const { text = '' } = await readMail(mail);
    const password = /\b[2-9B-Z]{4}(?:-[2-9B-Z]{4})+\b/.exec(text)?.[0];
    if (password === undefined) return void answers.push(-1);
    const logIn = await api('/v1/logins', { email, password });
    answers.push(logIn?.status ?? 0);
    if (logIn?.status !== 201) return;
    const { accountId, session } = logIn.body as { accountId: string; session: { token: string } };
    const visit: Visit = { account: accountId, email, password, finished: false };
    visits.set(accountId, visit);
    // Every third visitor closes the app here and returns another day, or never.
    if (random() < 0.33) return;
    const offered = await api('/v1/first-login', undefined, session.token);
    if (offered?.status !== 200) return;
    const { firstName, lastName, phone, pets } = offered.body;
    const finished = await api(
      '/v1/first-login',
      {
        firstName: firstName || 'Robin',
        lastName: lastName || 'Reed',
        phone,
        pets,
        newPassword: ownPassword,
      },
      session.token,
    );
    visit.finished = finished?.status === 200;
  }

  return {
    visits,
    /** The status of each login attempt; 0 if there was no response. */
    answers,
    /** Lets `count` pet parents log in one after the other, as emails arrive. A failed response means no login. */
    async visit(count: number, random: Random): Promise<void> {
      for (let at = 0; at < count; at++) {
        let mail: AcceptedMail | undefined;
        await until(
          'an email that no visitor has read yet',
          () => {
            mail = town.ses.mails.all().find(({ id }) => !tried.has(id));
            return mail !== undefined;
          },
          5000,
        ).catch(() => undefined);
        if (mail === undefined) return;
        tried.add(mail.id);
        await visitOne(mail, random);
      }
    },
    /** Returns the login's response to a person's temporary password at this time. */
    logIn: async ({ email, password }: Visit) => (await api('/v1/logins', { email, password }))?.status ?? 0,
  };
}
