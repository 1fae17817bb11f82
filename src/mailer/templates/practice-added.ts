import { button, paragraphs, userId } from './blocks.js';
import type { MailTemplate } from './template.js';

/** Email to a pet parent who already has a login: another practice has joined it. Never contains a password. */
export const practiceAdded: MailTemplate = {
  kind: 'practice-added',
  subject: '{{practiceName}} is now in your Pet App',
  preheader: 'Your login stays the same.',
  title: 'Another practice in your Pet App',
  opening:
    '{{practiceName}} is now part of your Pet App account, with its records of {{petNames}}. Your login stays the same.',
  closing: 'Your team at {{practiceName}}',
  body: [
    userId,
    button('Log in', '{{loginUrl}}'),
    paragraphs('If you do not remember your password, choose &ldquo;Forgot password&rdquo; on the login page.'),
  ].join('\n'),
};
