import { mayOverrule } from '../../../store/decisions/overrides.js';
import type { PetParentDetails } from '../../../store/pet-parents/pet-parent-details.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { reasonTitle } from '../../ui/state-words.js';
import { When } from '../../ui/when.js';
import { staffLinks } from '../shell/routes.js';
import { IssuedElsewhere } from './issued-elsewhere.js';
import { PasswordLine } from './password-line.js';
import type { Revealed } from './reveal.js';

/** Shows the login of a pet parent, with the actions of staff. */
export function LoginCard(props: {
  details: PetParentDetails;
  revealed: Revealed | null;
  csrf: string;
  seconds: number;
  timeZone: string;
  canSee: boolean;
  canHelp: boolean;
}) {
  const { details, csrf, timeZone } = props;
  const { line, account, access, credential } = details;
  const here = staffLinks.petParent(line.practiceId, line.pimsId);
  const neverLoggedIn = account !== null && !account.isUsed;
  return (
    <section class="card" aria-labelledby="login-card">
      <h2 id="login-card">Log-in</h2>
      {account && !access.canSee ? (
        <IssuedElsewhere isUsed={account.isUsed} canReplace={access.canReplace} />
      ) : account ? (
        <dl class="facts">
          <div>
            <dt>User ID</dt>
            <dd>
              <span id="user-id" class="break">
                {account.email}
              </span>
              <button type="button" class="button button-small" data-copy="user-id" hidden>
                <Icon name="copy" /> <span data-copy-label>Copy</span>
              </button>
            </dd>
          </div>
          {neverLoggedIn && credential?.visible ? (
            <PasswordLine
              credential={credential}
              revealed={props.revealed}
              csrf={csrf}
              action={`${here}/password`}
              hideHref={here}
              seconds={props.seconds}
              timeZone={timeZone}
              mayAsk={props.canSee}
            />
          ) : null}
          {neverLoggedIn && credential && !credential.visible ? (
            <div>
              <dt>Temporary Password</dt>
              <dd>
                Expired on <When at={credential.expiresAt} timeZone={timeZone} dateOnly />. Create a new one.
              </dd>
            </div>
          ) : null}
          {account.firstLoginAt ? (
            <div>
              <dt>First login</dt>
              <dd>
                <When at={account.firstLoginAt} timeZone={timeZone} />
              </dd>
            </div>
          ) : null}
          {account.lastLoginAt ? (
            <div>
              <dt>Last log-in</dt>
              <dd>
                <When at={account.lastLoginAt} timeZone={timeZone} />
              </dd>
            </div>
          ) : null}
        </dl>
      ) : (
        <p>{details.decision?.sentence || 'There is no account yet.'}</p>
      )}
      {props.canHelp ? <Actions here={here} csrf={csrf} details={details} neverLoggedIn={neverLoggedIn} /> : null}
    </section>
  );
}

function Actions(props: { here: string; csrf: string; details: PetParentDetails; neverLoggedIn: boolean }) {
  const { here, csrf, details, neverLoggedIn } = props;
  return (
    <div class="actions">
      {details.account && neverLoggedIn ? (
        <>
          <PostForm action={`${here}/resend`} csrf={csrf}>
            <button class="button">
              <Icon name="mail" /> Resend the Welcome Email
            </button>
          </PostForm>
          {details.access.canReplace ? (
            <PostForm
              action={`${here}/new-password`}
              csrf={csrf}
              confirm="Create a new temporary password? The one in the earlier email stops working."
            >
              <button class="button">
                <Icon name="key" /> New temporary password
              </button>
            </PostForm>
          ) : null}
          {details.credential?.visible ? (
            <PostForm action={`${here}/slip`} csrf={csrf}>
              <button class="button">
                <Icon name="print" /> Print login handout
              </button>
            </PostForm>
          ) : null}
        </>
      ) : null}
      {details.account && !neverLoggedIn ? (
        <PostForm action={`${here}/reset`} csrf={csrf}>
          <button class="button">
            <Icon name="mail" /> Send a password reset
          </button>
        </PostForm>
      ) : null}
      {details.bounced ? (
        <PostForm
          action={`${here}/address-works`}
          csrf={csrf}
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
      <Anyway here={here} csrf={csrf} details={details} />
      <PostForm action={`${here}/resync`} csrf={csrf}>
        <button class="button">
          <Icon name="sync" /> Resync this client
        </button>
      </PostForm>
    </div>
  );
}

/** Lets staff override a rule that is wrong about this client. */
function Anyway({ here, csrf, details }: { here: string; csrf: string; details: PetParentDetails }) {
  const { decision, overruled } = details;
  // The account card asks whether a record joins an account.
  const mayInvite = decision?.reason !== 'confirm-join' && decision?.verdict !== 'invite';
  const held = decision && mayInvite && mayOverrule(decision.reason) ? decision : null;
  return (
    <>
      {held && !overruled.includes(held.reason) ? (
        <PostForm
          action={`${here}/anyway`}
          csrf={csrf}
          confirm={`Invite this client anyway, although: ${reasonTitle(held.reason)}?`}
        >
          <input type="hidden" name="reason" value={held.reason} />
          <button class="button">
            <Icon name="check" /> Invite anyway
          </button>
        </PostForm>
      ) : null}
      {overruled.map((reason) => (
        <PostForm key={reason} action={`${here}/not-anyway`} csrf={csrf}>
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
