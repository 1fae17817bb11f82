import { SpanStatusCode, trace } from '@opentelemetry/api';
import { codeOf } from '../lib/problem.js';

const tracer = () => trace.getTracer('pims-sync');

/**
 * Wraps a sync run in a span, with a child span per step. Attributes are ids and counts, never a name or an address.
 */
export async function inRunSpan<T>(
  about: { practiceId: string; runId: string },
  work: (step: (what: 'pages' | 'decisions', counts: Record<string, number>) => void) => Promise<T>,
): Promise<T> {
  return tracer().startActiveSpan('sync run', async (span) => {
    span.setAttributes({ 'pims_sync.practice': about.practiceId, 'pims_sync.run': about.runId });
    let last = Date.now();
    try {
      return await work((what, counts) => {
        const attributes = Object.fromEntries(Object.entries(counts).map(([name, n]) => [`pims_sync.${name}`, n]));
        tracer().startSpan(what, { startTime: last, attributes }).end();
        last = Date.now();
      });
    } catch (error) {
      // Only the code: a message may quote data from the PIMS.
      span.setStatus({ code: SpanStatusCode.ERROR, message: codeOf(error) });
      throw error;
    } finally {
      span.end();
    }
  });
}
