import type { MessageKind } from '../../domain/message/message-kinds.js';
import { button, firstLoginAhead, fullLogin, neverAsked, paragraphs, userId } from './blocks.js';

/**
 * The texts of one kind of email, as Handlebars sources; `custom-text.ts` lists the variables of each. A practice may
 * write its own `subject`, `opening` and `closing` for emails to pet parents.
 */
export interface EmailTemplate {
  /** For emails to staff: why they get it, shown at the foot instead of the sentence for pet parents. */
  toStaff?: string;
  subject: string;
  /** Preview text that an email program shows beside the subject. */
  preheader: string;
  title: string;
  opening: string;
  closing: string;
  /** MJML between opening and closing. */
  body: string;
}

/** The texts of every kind of email. */
export const templates: Readonly<Record<MessageKind, EmailTemplate>> = {
  /** The Welcome Email, with the temporary password. */
  welcome: {
    subject: 'Your {{practiceName}} Pet App login',
    preheader: '{{practiceName}} has set up an account for you. Here is how to log in.',
    title: 'Welcome to the Pet App',
    opening:
      '{{practiceName}} has set up your Pet App account, with its records of {{petNames}}. Here is how to log in:',
    closing: 'Your team at {{practiceName}}',
    body: [fullLogin, button('Log in', '{{loginUrl}}'), paragraphs(firstLoginAhead, neverAsked)].join('\n'),
  },

  /** Email to a pet parent who already has a login: another practice has joined it. Never contains a password. */
  'practice-added': {
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
  },

  /** Email with a new temporary password, for a pet parent who never logged in. */
  'new-temporary-password': {
    subject: 'Your new temporary password for the {{practiceName}} Pet App',
    preheader: 'Your earlier temporary password no longer works.',
    title: 'Your new temporary password',
    opening:
      'Here is a new temporary password for your Pet App account at {{practiceName}}. Your earlier one no longer works.',
    closing: 'Your team at {{practiceName}}',
    body: [fullLogin, button('Log in', '{{loginUrl}}'), paragraphs(firstLoginAhead, neverAsked)].join('\n'),
  },

  /** Email with a single-use link to set a new password. */
  'password-reset': {
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
  },

  /** Email to a new staff member: a single-use link to choose the first password. Never contains a password. */
  'staff-invitation': {
    toStaff:
      '{{practiceName}} sent this to {{email}} because {{requestedBy}} invited you. If you did not expect this, you can ignore it: the link expires by itself.',
    subject: '{{requestedBy}} invites you to the Pet App console of {{practiceName}}',
    preheader: 'Choose a password to sign in. The link works once.',
    title: 'Your console account',
    opening:
      '{{requestedBy}} has created an account for you in the Pet App console of {{practiceName}}. Your email address for signing in is {{email}}. Please choose your password here:',
    closing:
      'The console shows personal data of pet parents, so please choose a password that you do not use anywhere else.',
    body: [
      button('Choose a password', '{{resetUrl}}'),
      paragraphs('The link works once, until <strong>{{expiresOn}}</strong>. Please do not share it.'),
    ].join('\n'),
  },

  /** Email to a staff member who forgot their password: a single-use link to set another one. */
  'staff-password-reset': {
    toStaff: 'This email was sent only to {{email}}.',
    subject: 'Set a new password for the Pet App console',
    preheader: 'The link works once.',
    title: 'Set a new password',
    opening: '{{requestedBy}} asked to set a new password for {{email}} in the Pet App console. Use this link:',
    closing: 'Setting a new password signs you out of the console everywhere.',
    body: [
      button('Set a new password', '{{resetUrl}}'),
      paragraphs(
        'The link works once, until <strong>{{expiresOn}}</strong>.',
        'If you do not need a new password, you can ignore this email: your password stays the same.',
      ),
    ].join('\n'),
  },
};
