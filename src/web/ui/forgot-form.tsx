import { z } from 'zod';
import { LoginEmailField, PostForm } from './form.js';

/** Body of the "Forgot password" form. */
export const forgotBody = z.object({ email: z.string().trim().max(320).default('') });

/** Returns an error if the text cannot be an email address; null otherwise. Never tells whether an account exists. */
export function wrongAddress(email: string): string | null {
  return email.includes('@') ? null : 'Please enter your email address.';
}

export interface ForgotFormProps {
  csrf: string;
  error: string | null;
  email: string;
}

export function ForgotForm({ action, csrf, error, email }: ForgotFormProps & { action: string }) {
  return (
    <PostForm action={action} csrf={csrf} class="stack">
      <LoginEmailField value={email} error={error} />
      <button class="button button-main button-wide">Send the email</button>
    </PostForm>
  );
}
