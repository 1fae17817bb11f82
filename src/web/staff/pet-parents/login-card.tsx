import { mayOverrule } from '../../../store/decisions/overrides.js';
import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { reasonTitle } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import { useRight } from '../shell/staff-context.js';
import { IssuedElsewhere } from './issued-elsewhere.js';
import { LoginFacts } from './login-facts.js';
import type { Reveal } from '../../views/reveal.js';

/** Shows the login of a pet parent, with the actions of staff. */
export function LoginCard({ details, shown }: { details: PetParentDetails; shown: Reveal | null }) {
  const { line, account, access, credential } = details;
  const here = staffLinks.petParent(line.practiceId, line.pimsId);
  const neverLoggedIn = account !== null && !account.isUsed;
  return (
    <section class="card" aria-labelledby="login-card">
      <h2 id="login-card">Log-in</h2>
      {account && !access.canSee ? (
        <IssuedElsewhere isUsed={account.isUsed} canReplace={access.canReplace} />
      ) : account ? (
        <LoginFacts
          label="User ID"
          email={account.email}
          credential={credential}
          shown={shown}
          action={`${here}/password`}
          hideHref={here}
          firstLoginAt={account.firstLoginAt}
        >
          {neverLoggedIn && credential && credential.visibility !== 'visible' ? (
            <div>
              <dt>Temporary Password</dt>
              <dd>
                Expired on <When at={credential.expiresAt} dateOnly />. Create a new one.
              </dd>
            </div>
          ) : null}
          {account.lastLoginAt ? (
            <div>
              <dt>Last log-in</dt>
              <dd>
                <When at={account.lastLoginAt} />
              </dd>
            </div>
          ) : null}
        </LoginFacts>
      ) : (
        <p>{details.decision?.sentence || 'There is no account yet.'}</p>
      )}
      {useRight('help-person') ? <Actions here={here} details={details} neverLoggedIn={neverLoggedIn} /> : null}
    </section>
  );
}

function Actions(props: { here: string; details: PetParentDetails; neverLoggedIn: boolean }) {
  const { here, details, neverLoggedIn } = props;
  return (
    <div class="actions">
      {details.account && neverLoggedIn ? (
        <>
          <PostForm action={`${here}/resend`}>
            <button class="button">
              <Icon name="mail" /> Resend the Welcome Email
            </button>
          </PostForm>
          {details.access.canReplace ? (
            <PostForm
              action={`${here}/new-password`}
              confirm="Create a new temporary password? The one in the earlier email stops working."
            >
              <button class="button">
                <Icon name="key" /> New temporary password
              </button>
            </PostForm>
          ) : null}
          {details.credential?.visibility === 'visible' ? (
            <PostForm action={`${here}/slip`}>
              <button class="button">
                <Icon name="print" /> Print login handout
              </button>
            </PostForm>
          ) : null}
        </>
      ) : null}
      {details.account && !neverLoggedIn ? (
        <PostForm action={`${here}/reset`}>
          <button class="button">
            <Icon name="mail" /> Send a password reset
          </button>
        </PostForm>
      ) : null}
      {details.bounced ? (
        <PostForm
          action={`${here}/address-works`}
          confirm={`Does ${details.bounced.emailKey} work again? Confirm only if the pet parent told you: further bounces harm the delivery of all emails.`}
        >
          <button class="button">
            <Icon name="check" /> This address works again
          </button>
          <p class="hint">
            An email to {details.bounced.emailKey} bounced
            {details.bounced.detail ? ` (${details.bounced.detail})` : ''}. No further email is sent to this address.
          </p>
        </PostForm>
      ) : null}
      <Anyway here={here} details={details} />
      <PostForm action={`${here}/resync`}>
        <button class="button">
          <Icon name="sync" /> Resync this client
        </button>
      </PostForm>
    </div>
  );
}

/** Lets staff override a rule that is wrong about this client. */
function Anyway({ here, details }: { here: string; details: PetParentDetails }) {
  const { decision, overruled } = details;
  // The account card asks whether a record joins an account.
  const mayInvite = decision?.reason !== 'confirm-join' && decision?.verdict !== 'invite';
  const held = decision && mayInvite && mayOverrule(decision.reason) ? decision : null;
  return (
    <>
      {held && !overruled.includes(held.reason) ? (
        <PostForm
          action={`${here}/anyway`}
          confirm={`Invite this client anyway, although: ${reasonTitle(held.reason)}?`}
        >
          <input type="hidden" name="reason" value={held.reason} />
          <button class="button">
            <Icon name="check" /> Invite anyway
          </button>
        </PostForm>
      ) : null}
      {overruled.map((reason) => (
        <PostForm key={reason} action={`${here}/not-anyway`}>
          <input type="hidden" name="reason" value={reason} />
          <p class="hint">Staff decided to invite this client anyway, although: {reasonTitle(reason)}.</p>
          <button class="button">
            <Icon name="undo" /> Apply the rule again
          </button>
        </PostForm>
      ))}
    </>
  );
}
