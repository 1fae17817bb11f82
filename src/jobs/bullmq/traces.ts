import type { Telemetry } from 'bullmq';
import { BullMQOtel } from 'bullmq-otel';

/**
 * Enables BullMQ's own spans (job added, job processed, joined across processes) if the environment names a collector.
 * Otherwise disables them, because even unwanted spans add a few hundred characters to each job.
 */
export function queueTelemetry(env: Readonly<Record<string, string | undefined>>): { telemetry?: Telemetry } {
  const wanted = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  return wanted ? { telemetry: new BullMQOtel({ tracerName: 'pims-sync' }) as Telemetry } : {};
}
