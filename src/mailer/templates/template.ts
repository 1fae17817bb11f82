import type { StaffMailKind, MessageKind } from '../../store/db/tables.js';

/** To pet parents, or to staff. */
export type MailKind = MessageKind | StaffMailKind;

/**
 * One kind of mail. Its texts are Handlebars sources; `words.ts` lists what each may name. A practice may write its own
 * `subject`, `opening` and `closing` for those to pet parents.
 */
export interface MailTemplate {
  kind: MailKind;
  /** For emails to staff: why they get it, instead of the words for pet parents at the foot. */
  toStaff?: string;
  subject: string;
  /** What an email program shows beside the subject. */
  preheader: string;
  title: string;
  opening: string;
  closing: string;
  /** MJML of what stands between opening and closing. */
  body: string;
}
