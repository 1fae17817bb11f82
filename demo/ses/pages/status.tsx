import type { AcceptedMail } from '../mails.js';

const words: Record<string, { text: string; tone: 'good' | 'bad' | 'wait' }> = {
  Send: { text: 'Sent', tone: 'wait' },
  Delivery: { text: 'Delivered', tone: 'good' },
  Bounce: { text: 'Bounced', tone: 'bad' },
  Complaint: { text: 'Complained', tone: 'bad' },
  DeliveryDelay: { text: 'Delayed', tone: 'wait' },
  Reject: { text: 'Rejected', tone: 'bad' },
};

/** Shows the status of an email: its last event. */
export function Status({ mail }: { mail: AcceptedMail }) {
  const { text, tone } = words[mail.events.at(-1)?.type ?? 'Send'] ?? words['Send']!;
  return <span class={`status ${tone}`}>{text}</span>;
}
