import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MailTransport } from './ses-transport.js';

/** The same transport, with a span for each hand-over: the ids of the email and how SES answered, and nothing of the email. */
export function tracedTransport<T extends MailTransport>(transport: T): T {
  return {
    ...transport,
    send: (mail) =>
      trace.getTracer('pims-sync').startActiveSpan('hand over mail', { kind: SpanKind.CLIENT }, async (span) => {
        for (const [name, id] of Object.entries(mail.tags)) span.setAttribute(`pims_sync.${name}`, id);
        try {
          const answer = await transport.send(mail);
          span.setAttribute('pims_sync.answer', answer.kind);
          if (answer.kind !== 'accepted') span.setStatus({ code: SpanStatusCode.ERROR, message: answer.kind });
          return answer;
        } finally {
          span.end();
        }
      }),
  };
}
