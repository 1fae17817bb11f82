import type { FlashMessage } from './flash-message.js';

/** Messages after changes of staff, branding and API tokens. */
export const practiceMessages = {
  'staff-mailed': { tone: 'good', title: 'The link is on its way by email.', more: 'It works once.' },
  'staff-mail-wait': {
    tone: 'warn',
    title: 'Several emails were just sent to this address.',
    more: 'Wait ten minutes, or create a link and hand it over yourself.',
  },
  'staff-changed': { tone: 'good', title: 'Access changed. All sessions of this person have ended.' },
  'password-set': {
    tone: 'good',
    title: 'Your new password is set.',
    more: 'You are signed out everywhere else.',
  },
  'branding-saved': { tone: 'good', title: 'Branding saved. It applies from the next email on.' },
  'branding-restored': { tone: 'good', title: 'Branding reset to the default.' },
  'branding-changed-meanwhile': {
    tone: 'warn',
    title: 'Somebody else saved another version in the meantime.',
    more: 'This page now shows that version.',
  },
  'email-text-wrong': {
    tone: 'warn',
    title: 'This version contains a text that can no longer be sent.',
    more: 'Nothing was changed. Correct the text and save it.',
  },
  'token-revoked': { tone: 'good', title: 'Token revoked.' },
} as const satisfies Record<string, FlashMessage>;
