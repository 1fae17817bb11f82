/** The part of a logger that the mailer needs. Never gets an address or a secret. */
export interface MailLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}
