import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Follows, LinkHistory } from '../../../store/accounts/link-history.js';
import { putBackOnAccount, takeOffAccount } from '../../../store/accounts/links.js';
import { refuseJoin } from '../../../store/accounts/refuse-join.js';
import type { WebDeps } from '../../deps.js';
import { parse } from '../../http/parse.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { When } from '../../ui/when.js';
import { clientForm, type ClientForm } from './client-form.js';
import { useRight } from '../shell/staff-context.js';

/** Serves the actions by which staff take a record off an account or put it back. */
export function linkActions(app: FastifyInstance, deps: WebDeps): void {
  const accountIn = ({ request, practiceId, pimsId }: ClientForm) => {
    const { account: accountId } = parse(z.object({ account: z.string().max(20) }), request.body);
    return { practiceId, pimsId, accountId };
  };
  clientForm(app, deps, { path: 'not-theirs', right: 'settle-identity' }, async (form) => {
    await takeOffAccount(deps.db, form.staffRequest.allowed, accountIn(form), form.staffRequest.act);
    return 'link-taken-off';
  });
  clientForm(app, deps, { path: 'theirs', right: 'settle-identity' }, async (form) => {
    await putBackOnAccount(deps.db, form.staffRequest.allowed, accountIn(form), form.staffRequest.act);
    return 'link-put-back';
  });
  clientForm(app, deps, { path: 'not-joined', right: 'help-person' }, async (form) => {
    await refuseJoin(deps.db, form.staffRequest.allowed, accountIn(form), form.staffRequest.act);
    return 'link-taken-off';
  });
}

/** Asks staff whether a record belongs to an account with which it shares only the email address. */
function JoinForms(props: { awaits: { accountId: string; email: string }; pets: readonly string[]; path: string }) {
  const { email, accountId } = props.awaits;
  const pets = props.pets.length > 0 ? namesOf(props.pets) : 'this record';
  return (
    <>
      <p class="break">
        Somebody with another last name uses the Pet App with {email}. The Pet App shows nothing of this record until
        staff confirm that both belong together.
      </p>
      <div class="actions">
        <PostForm
          action={`${props.path}/anyway`}
          confirm={`Add this record? The user of ${email} then sees ${pets} in the Pet App.`}
        >
          <input type="hidden" name="reason" value="confirm-join" />
          <button class="button">
            <Icon name="check" /> Same household: add to the account
          </button>
        </PostForm>
        <PostForm action={`${props.path}/not-joined`}>
          <input type="hidden" name="account" value={accountId} />
          <button class="button">
            <Icon name="undo" /> Not their record
          </button>
        </PostForm>
      </div>
    </>
  );
}

/** Explains why this record is on an account, or was taken off one, with the actions to change that. */
export function LinkCard({ story, path }: { story: LinkHistory; path: string }) {
  const { link, takenOff, awaits } = story;
  const maySay = useRight('settle-identity');
  const mayConfirm = useRight('help-person');
  if (!link && !awaits && takenOff.length === 0) return null;
  return (
    <section class="card" aria-labelledby="link-card">
      <h2 id="link-card">Account</h2>
      {awaits && mayConfirm ? <JoinForms awaits={awaits} pets={story.pets} path={path} /> : null}
      {link ? (
        <>
          <p class="break">
            This record is on the account of {link.email}. {link.sentence}
          </p>
          <p class="muted">
            Linked {link.by === 'staff' ? 'by staff' : 'by rule'}, <When at={link.at} />
          </p>
          {maySay ? (
            <div class="actions">
              <PostForm
                action={`${path}/not-theirs`}
                confirm={`Take this record off the account? Then ${followsText(link.follows, link.email)}`}
              >
                <input type="hidden" name="account" value={link.accountId} />
                <p class="hint">If you take it off: {followsText(link.follows, link.email)}</p>
                <button class="button">
                  <Icon name="undo" /> This is not their record
                </button>
              </PostForm>
            </div>
          ) : null}
        </>
      ) : null}
      {takenOff.map(({ accountId, email, by, at }) => (
        <div key={accountId}>
          <p class="break">
            {by} decided that this is not the record of {email}, <When at={at} />. No rule links it to that account
            again.
          </p>
          {maySay && !link ? (
            <div class="actions">
              <PostForm action={`${path}/theirs`} confirm={`Put it back? Then ${backText(story, email)}`}>
                <input type="hidden" name="account" value={accountId} />
                <p class="hint">If you put it back: {backText(story, email)}</p>
                <button class="button">
                  <Icon name="check" /> It is their record: put it back
                </button>
              </PostForm>
            </div>
          ) : null}
        </div>
      ))}
      {maySay || (awaits && !link) ? null : (
        <p class="hint">A manager or an owner of the practice can take it off or put it back.</p>
      )}
    </section>
  );
}

function followsText({ pets, mail, password }: Follows, email: string): string {
  const parts = [
    pets.length > 0 ? `the pet parent no longer sees ${namesOf(pets)} in the Pet App` : '',
    mail ? 'the queued email for this record is recalled' : '',
    password ? 'no other record is on this account, so its temporary password stops working' : '',
    `the record is not invited to ${email} again unless staff put it back`,
  ];
  return `${parts.filter(Boolean).join('; ')}.`;
}

function backText({ pets }: LinkHistory, email: string): string {
  const seen = pets.length > 0 ? ` sees ${namesOf(pets)} in the Pet App again` : ' has this record again';
  return `the pet parent who logs in with ${email}${seen}, and the client is evaluated again.`;
}

/** Maximum number of pets named in a sentence. The others are counted, because a breeder has many. */
const mostNamed = 5;

function namesOf(pets: readonly string[]): string {
  const named = pets.slice(0, mostNamed);
  const more = pets.length - named.length;
  const parts = more > 0 ? [...named, `${more} more`] : named;
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
