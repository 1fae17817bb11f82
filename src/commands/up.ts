import { loadConfig } from '../app/config.js';
import { runAll } from '../app/run-all.js';
import { onShutdownSignal } from '../app/stop.js';
import { createLog } from '../platform/log.js';

/** Runs everything in one process until a signal stops it. */
export async function up(): Promise<void> {
  const stopping = onShutdownSignal();
  const config = loadConfig(process.env);
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const onReady = (): Promise<void> => Promise.resolve(say(`Serving at ${config.publicUrl}`));
  await runAll({ config, log: createLog(process.env['LOG_LEVEL'] ?? 'info'), stopping, say, onReady });
}
