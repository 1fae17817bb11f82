import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** To someone of the staff: a single-use link to choose the first password. Never tells one. */
export const staffInvitation: MailTemplate = {
  kind: 'staff-invitation',
  toStaff:
    '{{practiceName}} sent this to {{email}} because {{invitedBy}} invited you. You do not know why? Then do nothing: the link runs out by itself.',
  subject: '{{invitedBy}} invites you to the Pet App console of {{practiceName}}',
  preheader: 'Choose a password to sign in. The link works once.',
  title: 'Your account for the console',
  opening:
    '{{invitedBy}} has made an account for you in the Pet App console of {{practiceName}}. You sign in with {{email}} and a password that you choose now:',
  closing: 'The console holds the data of pet parents: please choose a password that you use nowhere else.',
  body: [
    button('Choose a password', '{{resetUrl}}'),
    paragraphs('The link works once, until <strong>{{expiresOn}}</strong>. Nobody needs it but you.'),
  ].join('\n'),
};
