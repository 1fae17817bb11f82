import { z } from 'zod';
import type { Evidence } from '../../domain/message/message-status.js';

/** One SES event about one email. */
export interface MailEvent {
  /** The SES event type: Send, Delivery, Bounce, Complaint, DeliveryDelay, Reject, ... */
  type: string;
  /** The evidence it gives about the message; null for events that say nothing about delivery (Open, Click). */
  evidence: Evidence | null;
  happenedAt: Date;
  sesMessageId: string;
  /** Taken from our own tags; null if the email has none. */
  messageId: string | null;
  attemptId: string | null;
  recipients: string[];
  /** Answer of the receiving server, for staff. */
  detail: string | null;
  /** Why the recipients must be suppressed; null if they must not. */
  suppress: 'bounced' | 'complained' | null;
}

const recipient = z.looseObject({
  emailAddress: z.string(),
  diagnosticCode: z.string().optional(),
  status: z.string().optional(),
});

/**
 * SES event publishing and its older notifications share a shape, except for the name of the type ("Contents of event
 * data", SES developer guide). SES adds fields over time, so unknown ones are ignored.
 */
const schema = z.looseObject({
  eventType: z.string().optional(),
  notificationType: z.string().optional(),
  mail: z.looseObject({
    messageId: z.string(),
    timestamp: z.string(),
    destination: z.array(z.string()).default([]),
    tags: z.record(z.string(), z.array(z.string())).default({}),
  }),
  bounce: z
    .looseObject({
      bounceType: z.string(),
      bounceSubType: z.string().default(''),
      bouncedRecipients: z.array(recipient).default([]),
      timestamp: z.string(),
    })
    .optional(),
  complaint: z
    .looseObject({
      complainedRecipients: z.array(recipient).default([]),
      complaintFeedbackType: z.string().nullish(),
      complaintSubType: z.string().nullish(),
      timestamp: z.string(),
    })
    .optional(),
  delivery: z.looseObject({ timestamp: z.string(), smtpResponse: z.string().optional() }).optional(),
  deliveryDelay: z
    .looseObject({
      delayType: z.string().default(''),
      delayedRecipients: z.array(recipient).default([]),
      timestamp: z.string(),
    })
    .optional(),
  reject: z.looseObject({ reason: z.string().default('') }).optional(),
});

type Parsed = z.output<typeof schema>;
type Reported = Pick<MailEvent, 'evidence' | 'detail' | 'suppress'> & { at: string; recipients: string[] };

/** Parses the JSON inside an SNS message; null if it is no SES event, such as the announcement of a new topic. */
export function readSesEvent(text: string): MailEvent | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return null;
  const event = parsed.data;
  const type = event.eventType ?? event.notificationType;
  if (!type) return null;
  const { at, ...reported } = reportedBy(type, event);
  const happenedAt = new Date(at);
  const { messageId, tags } = event.mail;
  return {
    type,
    happenedAt: Number.isNaN(happenedAt.getTime()) ? new Date(0) : happenedAt,
    sesMessageId: messageId,
    messageId: tags['message']?.[0] ?? null,
    attemptId: tags['attempt']?.[0] ?? null,
    ...reported,
  };
}

/**
 * Feedback types that are no complaint: the person took the email out of the spam folder, or the receiving server
 * reports a failed authentication (SES developer guide, "complaintFeedbackType"; RFC 5965).
 */
const noComplaints: ReadonlySet<string> = new Set(['not-spam', 'auth-failure']);

function reportedBy(type: string, event: Parsed): Reported {
  const plain: Reported = {
    evidence: null,
    detail: null,
    suppress: null,
    at: event.mail.timestamp,
    recipients: event.mail.destination,
  };
  const { bounce, complaint, delivery, deliveryDelay, reject } = event;
  switch (type) {
    case 'Send':
      return { ...plain, evidence: 'sent' };
    case 'Delivery':
      return {
        ...plain,
        evidence: 'delivered',
        at: delivery?.timestamp ?? plain.at,
        detail: delivery?.smtpResponse ?? null,
      };
    case 'DeliveryDelay':
      return {
        ...plain,
        evidence: 'delayed',
        at: deliveryDelay?.timestamp ?? plain.at,
        detail: saidBy(deliveryDelay?.delayType, deliveryDelay?.delayedRecipients),
      };
    case 'Bounce': {
      // Only Permanent proves a bad address; Transient may pass, Undetermined means that SES could not interpret the
      // answer.
      const permanent = bounce?.bounceType === 'Permanent';
      return {
        evidence: permanent ? 'bounced' : 'bounced-for-now',
        at: bounce?.timestamp ?? plain.at,
        recipients: bounce?.bouncedRecipients.map((one) => one.emailAddress) ?? [],
        detail: saidBy(
          bounce ? `${bounce.bounceType} ${bounce.bounceSubType}`.trim() : undefined,
          bounce?.bouncedRecipients,
        ),
        suppress: permanent ? 'bounced' : null,
      };
    }
    case 'Complaint': {
      // A complaint "on the account suppression list" means that SES refused to send, not that the person complained
      // again.
      const about = {
        at: complaint?.timestamp ?? plain.at,
        recipients: complaint?.complainedRecipients.map((one) => one.emailAddress) ?? [],
        detail: complaint?.complaintFeedbackType ?? complaint?.complaintSubType ?? null,
      };
      if (noComplaints.has(complaint?.complaintFeedbackType ?? '')) return { ...plain, ...about };
      return { ...about, evidence: 'complained', suppress: 'complained' };
    }
    case 'Reject':
      return { ...plain, evidence: 'rejected', detail: reject?.reason ?? null };
    default:
      return plain;
  }
}

function saidBy(kind: string | undefined, recipients: readonly z.output<typeof recipient>[] = []): string | null {
  const said = recipients[0]?.diagnosticCode ?? recipients[0]?.status;
  return (
    [kind, said]
      .filter((part) => part)
      .join(': ')
      .slice(0, 500) || null
  );
}
