import { button, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email with a single-use link to set a new password. */
export const passwordReset: MailTemplate = {
  kind: 'password-reset',
  subject: 'Set a new password for your Pet App',
  preheader: 'The link works once.',
  title: 'Set a new password',
  opening: 'You asked to set a new password for your Pet App account {{email}}. Use this link:',
  closing: 'Your team at {{practiceName}}',
  body: [
    button('Set a new password', '{{resetUrl}}'),
    paragraphs(
      'The link works once, until <strong>{{expiresOn}}</strong>.',
      'If you did not ask for this, you can ignore this email: your password stays the same.',
    ),
  ].join('\n'),
};
