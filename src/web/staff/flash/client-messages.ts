import type { FlashMessage } from './flash-message.js';

/** Messages after actions on a client, an account or a task. */
export const clientMessages = {
  'resync-joined': { tone: 'info', title: 'A sync was already running. This page shows it.' },
  'allowed-anyway': {
    tone: 'good',
    title: 'Override saved: this client may be invited anyway.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'not-allowed-anyway': {
    tone: 'good',
    title: 'Override removed: the rule applies to this client again.',
    more: 'The client is evaluated again in a moment. An email already sent cannot be recalled.',
  },
  'change-confirmed': {
    tone: 'good',
    title: 'Confirmed: the current data of the practice software is right.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'changes-confirmed': {
    tone: 'good',
    title: 'Changes confirmed. Clients: {n}.',
    more: 'They are evaluated again in a moment.',
  },
  'same-person': {
    tone: 'good',
    title: 'Saved: it is the same person.',
    more: 'The new data of the practice software applies, and the client is evaluated again in a moment.',
  },
  'someone-else': {
    tone: 'good',
    title: 'Saved: this client number now belongs to another person.',
    more: 'This page shows the new client, who is evaluated in a moment. The previous person stays as a client who left.',
  },
  'link-taken-off': {
    tone: 'good',
    title: 'Record taken off the account.',
    more: 'The client is evaluated again in a moment. No rule links the record to that account again unless staff put it back.',
  },
  'link-put-back': {
    tone: 'good',
    title: 'Record put back on the account.',
    more: 'The client is evaluated again in a moment; reload the page to see the result.',
  },
  'drift-released': {
    tone: 'good',
    title: 'Saved: the field is right. Clients evaluated again in a moment: {n}.',
    more: 'Emails to clients who no longer match are recalled; the others go out.',
  },
  'nothing-held': { tone: 'info', title: 'No client waits because of a changed field.' },
  closed: { tone: 'good', title: 'Task closed.' },
  'already-logged-in': {
    tone: 'info',
    title: 'This pet parent has already logged in and set a password.',
  },
  'issued-elsewhere': {
    tone: 'warn',
    title: 'Another practice issued this login.',
    more: 'Nothing was changed. The login is not shown here; resend it to the address of the pet parent instead.',
  },
  'account-closed': { tone: 'warn', title: 'This account is closed.' },
  'changed-meanwhile': {
    tone: 'info',
    title: 'The decision about this client has changed in the meantime. Nothing was changed.',
  },
} as const satisfies Record<string, FlashMessage>;
