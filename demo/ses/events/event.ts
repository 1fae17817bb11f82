import { domainOf } from '../address.js';
import { headerValues } from '../headers.js';
import { subjectOf, type AcceptedMail } from '../mails.js';
import type { Outcome } from '../options.js';

/** One record of SES event publishing: `body` builds the JSON inside the SNS message, only if a subscriber exists. */
export interface SesEvent {
  type: 'Send' | 'Delivery' | 'Bounce' | 'Complaint' | 'DeliveryDelay' | 'Reject';
  recipients: string[];
  at: Date;
  body(): Record<string, unknown>;
}

/** Returns the event that SES publishes first, for all recipients together. */
export function sendEvent(mail: AcceptedMail, operation: string, region: string): SesEvent {
  return eventOf(mail, operation, region, 'Send', mail.destinations, mail.at, {});
}

/**
 * Returns the events of an outcome for one recipient, in order. Field names and sample values follow
 * "Contents of event data that Amazon SES publishes to Amazon SNS" in the SES developer guide.
 */
export function outcomeEvents(
  mail: AcceptedMail,
  operation: string,
  region: string,
  outcome: Outcome,
  recipient: string,
  at: Date,
): SesEvent[] {
  const event = (type: SesEvent['type'], detail: Record<string, unknown>) =>
    eventOf(mail, operation, region, type, [recipient], at, detail);
  const timestamp = at.toISOString();
  const feedbackId = `${mail.messageId.slice(0, 16)}-feedback-${mail.id}-000000`;

  const delivery = () =>
    event('Delivery', {
      timestamp,
      processingTimeMillis: Math.max(1, at.getTime() - mail.at.getTime()),
      recipients: [recipient],
      smtpResponse: '250 2.6.0 Message received',
      reportingMTA: 'a8-70.smtp-out.amazonses.com',
    });
  const bounce = (bounceType: string, bounceSubType: string, status: string, diagnosticCode: string) =>
    event('Bounce', {
      bounceType,
      bounceSubType,
      bouncedRecipients: [{ emailAddress: recipient, action: 'failed', status, diagnosticCode }],
      timestamp,
      feedbackId,
      reportingMTA: bounceSubType === 'Suppressed' ? 'dns; amazonses.com' : `dsn; mx.${domainOf(recipient)}`,
    });

  switch (outcome) {
    case 'silence':
      return [];
    case 'delivery':
      return [delivery()];
    case 'bounce':
      return [bounce('Permanent', 'General', '5.1.1', 'smtp; 550 5.1.1 user unknown')];
    case 'soft-bounce':
      return [bounce('Transient', 'MailboxFull', '4.2.2', 'smtp; 452 4.2.2 mailbox full')];
    case 'suppressed':
      return [bounce('Permanent', 'Suppressed', '5.1.1', suppressedText)];
    case 'out-of-office':
      return [delivery(), bounce('Transient', 'General', '4.0.0', 'smtp; automatic reply: out of the office')];
    case 'complaint':
      return [
        delivery(),
        event('Complaint', {
          complainedRecipients: [{ emailAddress: recipient }],
          timestamp,
          feedbackId,
          complaintSubType: null,
          complaintFeedbackType: 'abuse',
          userAgent: 'Amazon SES Mailbox Simulator',
        }),
      ];
    case 'delay':
      return [
        event('DeliveryDelay', {
          timestamp,
          delayType: 'TransientCommunicationFailure',
          expirationTime: new Date(at.getTime() + 12 * 3_600_000).toISOString(),
          delayedRecipients: [
            {
              emailAddress: recipient,
              status: '4.4.1',
              diagnosticCode: 'smtp; 421 4.4.1 Unable to connect to remote host',
            },
          ],
        }),
      ];
    case 'reject':
      return [event('Reject', { reason: 'Bad content' })];
  }
}

const suppressedText =
  'Amazon SES has suppressed sending to this address because it has a recent history of bouncing as an invalid address.';

function eventOf(
  mail: AcceptedMail,
  operation: string,
  region: string,
  type: SesEvent['type'],
  recipients: string[],
  at: Date,
  detail: Record<string, unknown>,
): SesEvent {
  const body = (): Record<string, unknown> => {
    const first = (name: string) => headerValues(mail.headers, name)[0];
    const tags: Record<string, string[]> = {
      'ses:operation': [operation],
      'ses:source-ip': ['127.0.0.1'],
      'ses:from-domain': [domainOf(mail.source.replace(/>$/, ''))],
      'ses:caller-identity': ['local'],
    };
    if (mail.configurationSet) tags['ses:configuration-set'] = [mail.configurationSet];
    for (const [name, value] of Object.entries(mail.tags)) tags[name] = [value];

    return {
      eventType: type,
      mail: {
        timestamp: mail.at.toISOString(),
        source: mail.source,
        sourceArn: `arn:aws:ses:${region}:000000000000:identity/${mail.source}`,
        sendingAccountId: '000000000000',
        messageId: mail.messageId,
        destination: mail.destinations,
        headersTruncated: false,
        headers: mail.headers,
        commonHeaders: {
          from: headerValues(mail.headers, 'From'),
          to: headerValues(mail.headers, 'To'),
          date: first('Date'),
          messageId: mail.messageId,
          subject: subjectOf(mail),
        },
        tags,
      },
      [type.charAt(0).toLowerCase() + type.slice(1)]: detail,
    };
  };
  return { type, recipients, at, body };
}
