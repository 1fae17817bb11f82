import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email to a new staff member: a single-use link to choose the first password. Never contains a password. */
export const staffInvitation: MailTemplate = {
  kind: 'staff-invitation',
  toStaff:
    '{{practiceName}} sent this to {{email}} because {{invitedBy}} invited you. If you did not expect this, you can ignore it: the link expires by itself.',
  subject: '{{invitedBy}} invites you to the Pet App console of {{practiceName}}',
  preheader: 'Choose a password to sign in. The link works once.',
  title: 'Your console account',
  opening:
    '{{invitedBy}} has created an account for you in the Pet App console of {{practiceName}}. Your email address for signing in is {{email}}. Please choose a password:',
  closing:
    'The console shows personal data of pet parents, so please choose a password that you do not use anywhere else.',
  body: [
    button('Choose a password', '{{resetUrl}}'),
    paragraphs('The link works once, until <strong>{{expiresOn}}</strong>. Please do not share it.'),
  ].join('\n'),
};
