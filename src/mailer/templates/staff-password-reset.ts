import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email to a staff member who forgot their password: a single-use link to set another one. */
export const staffPasswordReset: MailTemplate = {
  kind: 'staff-password-reset',
  toStaff: 'This email was sent only to {{email}}.',
  subject: 'Set a new password for the Pet App console',
  preheader: 'The link works once.',
  title: 'Set a new password',
  opening: '{{invitedBy}} asked to set a new password for {{email}} in the Pet App console. Use this link:',
  closing: 'Setting a new password signs you out of the console everywhere.',
  body: [
    button('Set a new password', '{{resetUrl}}'),
    paragraphs(
      'The link works once, until <strong>{{expiresOn}}</strong>.',
      'If you do not need a new password, you can ignore this email: your password stays the same.',
    ),
  ].join('\n'),
};
