import { z } from 'zod';
import { LoginEmailField, PostForm } from './form.js';

/** What whoever forgot their password types. */
export const forgotBody = z.object({ email: z.string().trim().max(320).default('') });

/** What is wrong with it; null when it may be an address. Whether anyone has it is never told. */
export function wrongAddress(email: string): string | null {
  return email.includes('@') ? null : 'Please type your email address.';
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
