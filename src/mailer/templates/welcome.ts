import { button, firstLoginAhead, fullLogin, neverAsked, paragraphs } from './blocks.js';
import type { MailTemplate } from './template.js';

/** The Welcome Email, with the temporary password. */
export const welcome: MailTemplate = {
  kind: 'welcome',
  subject: 'Your {{practiceName}} Pet App login',
  preheader: '{{practiceName}} has set up an account for you. Here is how to log in.',
  title: 'Welcome to the Pet App',
  opening: '{{practiceName}} has set up your Pet App account, with its records of {{petNames}}. Here is how to log in:',
  closing: 'Your team at {{practiceName}}',
  body: [fullLogin, button('Log in', '{{loginUrl}}'), paragraphs(firstLoginAhead, neverAsked)].join('\n'),
};
