import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email to a staff member who forgot their password: a single-use link to set another one. */
export const staffPasswordReset: MailTemplate = {
  kind: 'staff-password-reset',
  toStaff: 'This was sent to {{email}} only.',
  subject: 'Set a new password for the Pet App console',
  preheader: 'The link works once.',
  title: 'Set a new password',
  opening: '{{invitedBy}} asked for a new password for {{email}}, for the Pet App console. Set it with this link:',
  closing: 'Setting a new password ends all your sessions in the console.',
  body: [
    button('Set a new password', '{{resetUrl}}'),
    paragraphs(
      'The link works once, until <strong>{{expiresOn}}</strong>.',
      'If you do not need one, do nothing: your password stays the same.',
    ),
  ].join('\n'),
};
