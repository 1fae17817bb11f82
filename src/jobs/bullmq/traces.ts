import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

/**
 * BullMQ's own spans (a job asked for, a job worked on, joined across processes) where the environment names a collector;
 * nothing else, since even spans that nobody wants cost a round trip's worth of text in each job.
 */
export function queueTelemetry(env: Readonly<Record<string, string | undefined>>): { telemetry?: Telemetry } {
  const wanted = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  return wanted ? { telemetry: new BullMQOtel({ tracerName: 'pims-sync' }) as Telemetry } : {};
}
