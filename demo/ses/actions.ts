import nodemailer from 'nodemailer';
import type { Counts } from './counts.js';
import type { AcceptedMail } from './mails.js';
import type { LocalSesSettings } from './options.js';
import type { Query } from './query.js';
import type { Quota } from './quota.js';
import { SesRefusal } from './refusal.js';
import { isVerified, readEnvelope } from './sending.js';
import { element } from './xml.js';

/** The account as the API calls use it. */
export interface Account {
  settings(): LocalSesSettings;
  quota: Quota;
  counts: Counts;
  /** Admits, stores, counts and publishes an email. @throws SesRefusal */
  accept(envelope: ReturnType<typeof readEnvelope>, operation: string): AcceptedMail;
}

/** One call of the v1 API: takes parameters, returns the inner XML of its result. @throws SesRefusal */
export type Action = (query: Query, account: Account) => string | Promise<string>;

/** The calls that send; faults apply only to these. */
export const sendingActions: ReadonlySet<string> = new Set(['SendRawEmail', 'SendEmail']);

const actions: Readonly<Record<string, Action>> = {
  SendRawEmail(query, account) {
    const raw = Buffer.from(query.get('RawMessage.Data') ?? '', 'base64');
    const mail = account.accept(readEnvelope(query, raw), 'SendRawEmail');
    return element('MessageId', mail.messageId);
  },

  async SendEmail(query, account) {
    const raw = await composed(query);
    const recipients = ['To', 'Cc', 'Bcc'].flatMap((kind) => query.list(`Destination.${kind}Addresses`));
    const envelope = readEnvelope({ ...query, list: () => recipients }, raw);
    return element('MessageId', account.accept(envelope, 'SendEmail').messageId);
  },

  GetSendQuota(_query, { settings, quota }) {
    const { max24HourSend, maxSendRate } = settings();
    return (
      element('Max24HourSend', max24HourSend.toFixed(1)) +
      element('MaxSendRate', maxSendRate) +
      element('SentLast24Hours', quota.sentLast24Hours().toFixed(1))
    );
  },

  GetSendStatistics(_query, { counts }) {
    const points = counts
      .statistics()
      .map(
        (point) =>
          `<member>${element('DeliveryAttempts', point.attempts)}${element('Bounces', point.bounces)}` +
          `${element('Complaints', point.complaints)}${element('Rejects', point.rejects)}` +
          `${element('Timestamp', point.at.toISOString())}</member>`,
      );
    return `<SendDataPoints>${points.join('')}</SendDataPoints>`;
  },

  GetAccountSendingEnabled: (_query, { settings }) => element('Enabled', settings().sendingEnabled),

  GetIdentityVerificationAttributes(query, { settings }) {
    const entries = query
      .list('Identities')
      // SES leaves out identities that were never submitted for verification.
      .filter((identity) => isVerified(identity, settings().verifiedIdentities))
      .map(
        (identity) =>
          `<entry>${element('key', identity)}<value>${element('VerificationStatus', 'Success')}</value></entry>`,
      );
    return `<VerificationAttributes>${entries.join('')}</VerificationAttributes>`;
  },
};

/** Returns the call of that name. @throws SesRefusal InvalidAction, as every Query service answers */
export function actionNamed(name: string, version: string): Action {
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (action) return action;
  throw new SesRefusal('invalid-action', 'InvalidAction', `Could not find operation ${name} for version ${version}`);
}

/** Composes the MIME message from the parts of SendEmail, as SES does. */
async function composed(query: Query): Promise<Buffer> {
  const transport = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  const text = query.get('Message.Body.Text.Data');
  const html = query.get('Message.Body.Html.Data');
  const made = await transport.sendMail({
    from: query.get('Source'),
    to: query.list('Destination.ToAddresses'),
    cc: query.list('Destination.CcAddresses'),
    replyTo: query.list('ReplyToAddresses'),
    subject: query.get('Message.Subject.Data'),
    ...(text !== undefined && { text }),
    ...(html !== undefined && { html }),
  });
  return made.message as Buffer;
}
