import type { WelcomeKind } from '../../store/tables.js';

/**
 * One kind of mail. Its texts are Handlebars sources; `words.ts` lists what each may name. A practice may write its own
 * `subject`, `opening` and `closing`.
 */
export interface MailTemplate {
  kind: WelcomeKind;
  subject: string;
  /** What a mail program shows beside the subject. */
  preheader: string;
  title: string;
  opening: string;
  closing: string;
  /** MJML of what stands between opening and closing. */
  body: string;
}
