import type { Connector } from '../connectors/contract.js';
import { createApp } from '../app/create-app.js';
import { loadConfig, practiceById, type Config, type PracticeConfig } from '../app/config.js';
import { createLog } from '../platform/log.js';
import type { Database } from '../store/db/database.js';

/** Opens the connectors of one practice, or of all, one after the other, and always closes each. */
export async function withConnectors(
  practiceId: string | undefined,
  work: (practice: PracticeConfig, connector: Connector, signal: AbortSignal, db: Database) => Promise<void>,
  onError: (practice: PracticeConfig, error: unknown) => void,
): Promise<void> {
  const config: Config = loadConfig(process.env);
  const practices = practiceId === undefined ? config.practices : [practiceById(config, practiceId)];
  const app = createApp(config, createLog(process.env['LOG_LEVEL'] ?? 'error'));
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  try {
    for (const practice of practices) {
      try {
        const connector = await app.connect(practice.id);
        try {
          await work(practice, connector, stop.signal, app.db);
        } finally {
          await connector.close();
        }
      } catch (error) {
        onError(practice, error);
      }
    }
  } finally {
    await app.close();
  }
}
