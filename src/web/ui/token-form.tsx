import { z } from 'zod';
import { PasswordField, PostForm } from './form.js';

/** Body of the form behind an emailed link that sets a password. */
export const tokenFormBody = z.object({
  token: z.string().trim().max(400).default(''),
  password: z.string().max(400).default(''),
});

/** Content of the form: the token typed so far, and why the password was refused or the link is dead. */
export interface TokenFormView {
  token?: string;
  error?: string;
  dead?: boolean;
}

/** Returns the HTTP status of a page with this form. */
export const tokenFormStatus = ({ dead, error }: TokenFormView) => (dead ? 410 : error ? 422 : 200);

/**
 * Form that sets a password with the token of an emailed link. The token is the part after `#`, which browsers never
 * send, so it appears in no log, referrer or proxy, and an email scanner that follows the link consumes nothing. `token.js`
 * moves it from the address bar into the field and hides the field; without scripts people paste the token.
 */
export function TokenForm({ action, hint, view }: { action: string; hint: string; view: TokenFormView }) {
  return (
    <PostForm action={action} class="stack">
      <div class="field" data-token-field>
        <label for="field-token">Code from the link</label>
        <input
          id="field-token"
          name="token"
          value={view.token ?? ''}
          autocomplete="off"
          spellcheck={false}
          required
          aria-describedby="field-token-hint"
        />
        <p class="hint" id="field-token-hint">
          The part after # in the emailed link.
        </p>
      </div>
      <PasswordField label="New password" name="password" autocomplete="new-password" error={view.error} hint={hint} />
      <button class="button button-main button-wide">Save password</button>
    </PostForm>
  );
}
