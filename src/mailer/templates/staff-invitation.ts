import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email to a new staff member: a single-use link to choose the first password. Never contains a password. */
export const staffInvitation: MailTemplate = {
  kind: 'staff-invitation',
  toStaff:
    '{{practiceName}} sent this to {{email}} because {{invitedBy}} invited you. If you do not know why, do nothing: the link expires by itself.',
  subject: '{{invitedBy}} invites you to the Pet App console of {{practiceName}}',
  preheader: 'Choose a password to sign in. The link works once.',
  title: 'Your account for the console',
  opening:
    '{{invitedBy}} has created an account for you in the Pet App console of {{practiceName}}. Sign in with {{email}} and a password that you choose now:',
  closing: 'The console contains the data of pet parents: please choose a password that you use nowhere else.',
  body: [
    button('Choose a password', '{{resetUrl}}'),
    paragraphs('The link works once, until <strong>{{expiresOn}}</strong>. Please do not share it.'),
  ].join('\n'),
};
