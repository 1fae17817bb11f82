import type { DetailCredential } from '../../../store/pet-parents/detail-credential.js';
import { CopyButton } from '../../ui/copy-button.js';
import { PostForm } from '../../ui/form.js';
import { Icon } from '../../ui/icons.js';
import { When } from '../../ui/when.js';
import { useRight } from '../shell/staff-context.js';
import type { Revealed } from '../../views/reveal.js';

/**
 * The Temporary Password line: masked, with a form that reveals it. The script hides a revealed password after a while,
 * and leaving the page hides it too. The line is on no page of a pet parent who has logged in.
 */
export function PasswordLine(props: {
  credential: DetailCredential;
  revealed: Revealed | null;
  /** Action of the form that reveals the password. */
  action: string;
  /** URL of the same page without the password. */
  hideHref: string;
}) {
  const { credential, revealed } = props;
  return (
    <div class="secret-line" data-secret={revealed?.hideAfterSeconds} data-hide-href={props.hideHref}>
      <dt>Temporary Password</dt>
      <dd>
        {revealed ? (
          <>
            <code class="secret" id="temporary-password">
              {revealed.password.open()}
            </code>
            <span class="secret-buttons">
              <CopyButton of="temporary-password" />
              <a class="button button-small" href={props.hideHref}>
                Hide
              </a>
            </span>
            <span class="spelled">
              <span class="spelled-label">Say it: </span>
              {revealed.spelled.open()}
            </span>
            <span class="hint" data-countdown>
              Hidden again after {revealed.hideAfterSeconds} seconds.
            </span>
          </>
        ) : (
          <>
            <span class="secret masked" aria-hidden="true">
              ••••-••••-••••
            </span>
            <span class="hidden">not shown</span>
            {useRight('see-passwords') ? (
              <PostForm action={props.action} class="secret-buttons">
                <button class="button button-small">
                  <Icon name="eye" /> Show
                </button>
              </PostForm>
            ) : null}
          </>
        )}
        <span class="hint">
          Works until <When at={credential.expiresAt} />.
          {credential.failedTries > 0
            ? ` Mistyped ${credential.failedTries} ${credential.failedTries === 1 ? 'time' : 'times'}.`
            : ''}
          {revealed ? ' Your view was recorded.' : ' Each view is recorded.'}
        </span>
      </dd>
    </div>
  );
}
