import type { StaffMailKind, MessageKind } from '../../store/db/tables.js';

/** Kinds of email, to pet parents or to staff. */
export type MailKind = MessageKind | StaffMailKind;

/**
 * One kind of email. Its texts are Handlebars sources; `custom-text.ts` lists the variables of each. A practice may
 * write its own `subject`, `opening` and `closing` for emails to pet parents.
 */
export interface MailTemplate {
  kind: MailKind;
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
