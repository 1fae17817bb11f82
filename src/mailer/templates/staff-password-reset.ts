import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** To someone of the staff who forgot their password: a single-use link to set another. */
export const staffPasswordReset: MailTemplate = {
  kind: 'staff-password-reset',
  toStaff: 'This went to {{email}}, so that nobody else can use it.',
  subject: 'Set a new password for the Pet App console',
  preheader: 'The link works once.',
  title: 'Set a new password',
  opening: '{{invitedBy}} asked for a new password for {{email}}, for the Pet App console. With this link you set one:',
  closing: 'All your sessions in the console end when you do.',
  body: [
    button('Set a new password', '{{resetUrl}}'),
    paragraphs(
      'The link works once, until <strong>{{expiresOn}}</strong>.',
      'You need none? Then do nothing: your password stays as it is.',
    ),
  ].join('\n'),
};
