import { button, firstLoginAhead, fullLogin, neverAsked, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email with a new temporary password, for a pet parent who never logged in. */
export const freshPassword: MailTemplate = {
  kind: 'new-temporary-password',
  subject: 'Your new temporary password for the {{practiceName}} Pet App',
  preheader: 'Your earlier temporary password no longer works.',
  title: 'Your new temporary password',
  opening:
    'Here is a new temporary password for your Pet App account at {{practiceName}}. Your earlier one no longer works.',
  closing: 'Your team at {{practiceName}}',
  body: [fullLogin, button('Log in', '{{loginUrl}}'), paragraphs(firstLoginAhead, neverAsked)].join('\n'),
};
