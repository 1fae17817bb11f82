import type { FastifyInstance, FastifyReply } from 'fastify';
import { savePets } from '../../store/accounts/account-profile.js';
import { inTransaction } from '../../store/db/database.js';
import type { WebDeps } from '../deps.js';
import type { Cookies } from '../http/cookies.js';
import { petParentAct } from '../login/pet-parent-act.js';
import { confirm, hasOwnPassword, profileOf } from '../login/finish-first-login.js';
import { sendHtml } from '../http/html.js';
import { PostForm } from '../ui/form.js';
import { Page } from '../ui/page.js';
import { PlainShell } from '../ui/plain-shell.js';
import { blankEntry, entryOf, readPets, type PetEntry } from './pet-forms.js';
import { PetFieldset } from './pet-fieldset.js';
import { Steps } from './steps.js';
import { visitorFor } from './visitor.js';

interface View {
  entries: PetEntry[];
  practice: string | undefined;
  /** Shows an empty entry, because the pet parent asked for one or has no pets. */
  adding: boolean;
  /** True if a reset already set the password. This step is then the last one. */
  hasPassword: boolean;
}

/** Second step of the first login: the pets. */
export function petsPages(app: FastifyInstance, deps: WebDeps, cookies: Cookies): void {
  const show = (reply: FastifyReply, view: View, status = 200) => sendHtml(reply, <PetsPage {...view} />, { status });

  app.get('/app/first-login/pets', async (request, reply) => {
    const visitor = visitorFor('first-login', request, reply);
    if (!visitor) return reply;
    const profile = await profileOf(deps, visitor.accountId);
    const entries = profile.pets.filter((pet) => !pet.knownDead).map(entryOf);
    const asked = (request.query as { add?: string }).add !== undefined;
    return show(reply, {
      entries,
      practice: profile.practices[0]?.name,
      adding: asked || entries.length === 0,
      hasPassword: await hasOwnPassword(deps, visitor.accountId),
    });
  });

  app.post('/app/first-login/pets', async (request, reply) => {
    const visitor = visitorFor('first-login', request, reply);
    if (!visitor) return reply;
    const today = deps.clock().toISOString().slice(0, 10);
    const hasPassword = await hasOwnPassword(deps, visitor.accountId);
    const profile = await profileOf(deps, visitor.accountId);
    const { pets, entries } = readPets(request.body, profile.pets, today);
    if (!pets) {
      const practice = profile.practices[0]?.name;
      return show(reply, { entries, practice, adding: false, hasPassword }, 422);
    }
    await inTransaction(deps.db, (trx) =>
      savePets(trx, visitor.accountId, pets, petParentAct(deps, visitor.accountId)),
    );
    const more = (request.body as { more?: string }).more !== undefined;
    if (hasPassword && !more) {
      const session = await confirm(deps, visitor.accountId, null);
      cookies.set(reply, 'pet-parent', session.token.open(), session.expiresAt);
      return reply.redirect('/app/home', 303);
    }
    return reply.redirect(more ? '/app/first-login/pets?add#new-pet' : '/app/first-login/password', 303);
  });
}

function PetsPage(props: View) {
  const { entries } = props;
  return (
    <Page title="Your pets - Pet App" look="pet">
      <PlainShell brand={props.practice}>
        <Steps at={1} hasPassword={props.hasPassword} />
        <h1>{entries.length === 0 ? 'Your pets' : 'Are these your pets?'}</h1>
        <p class="lead">
          {entries.length === 0
            ? 'You can add a pet now, or continue and add it later.'
            : 'Please correct anything that is wrong, and add missing pets.'}
        </p>
        <PostForm action="/app/first-login/pets" class="stack">
          {entries.map((entry, index) => (
            <PetFieldset key={entry.key} entry={entry} index={index} />
          ))}
          {props.adding ? (
            <PetFieldset entry={blankEntry} index={entries.length} />
          ) : (
            <button class="button button-wide" name="more" value="1">
              Add another pet
            </button>
          )}
          <button class="button button-main button-wide">{props.hasPassword ? 'Yes, finish' : 'Continue'}</button>
        </PostForm>
        <p class="after-form">
          <a href="/app/first-login">Back</a>
        </p>
      </PlainShell>
    </Page>
  );
}
