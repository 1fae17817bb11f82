import { Problem } from '../lib/problem.js';

export interface Traces {
  /** Sends the remaining spans. Never throws: an unreachable collector must not change how a process ends. */
  stop(): Promise<void>;
}

/** Tells whether the environment names a collector for traces. */
export function wantsTraces(env: Readonly<Record<string, string | undefined>>): boolean {
  return Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT']);
}

/**
 * Sends OpenTelemetry traces by OTLP over HTTP to the collector that `OTEL_EXPORTER_OTLP_ENDPOINT` names. Without that
 * variable, nothing is loaded and nothing is measured. OpenTelemetry's other variables work too: `OTEL_SERVICE_NAME`,
 * `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS` and so on.
 *
 * @param part the command that is running
 * @throws Problem `traces-endpoint-wrong`
 */
export async function startTraces(
  env: Readonly<Record<string, string | undefined>>,
  part: string,
  version: string,
): Promise<Traces | null> {
  if (!wantsTraces(env)) return null;
  const endpoint = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new Problem({
      code: 'traces-endpoint-wrong',
      message: 'OTEL_EXPORTER_OTLP_ENDPOINT is not a URL that starts with http:// or https://.',
    });
  }
  const [{ NodeTracerProvider, BatchSpanProcessor }, { OTLPTraceExporter }, { resourceFromAttributes }] =
    await Promise.all([
      import('@opentelemetry/sdk-trace-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({
      'service.name': env['OTEL_SERVICE_NAME'] ?? 'pims-sync',
      'service.version': version,
      'pims_sync.part': part,
    }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return {
    async stop() {
      const late = new Promise<void>((resolve) => setTimeout(resolve, 3_000).unref());
      await Promise.race([provider.shutdown().catch(() => undefined), late]);
    },
  };
}
