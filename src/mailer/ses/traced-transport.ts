import { SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { MailTransport } from './ses-transport.js';

/**
 * Wraps a transport with a span per hand-over. The span holds the ids of the email and the kind of answer, no content.
 */
export function tracedTransport<T extends MailTransport>(transport: T): T {
  return {
    ...transport,
    send: (mail) =>
      trace.getTracer('pims-sync').startActiveSpan('hand over email', { kind: SpanKind.CLIENT }, async (span) => {
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
