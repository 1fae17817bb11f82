import type { PracticeConfig } from '../app/config-schema.js';
import { withApp } from '../app/with-app.js';
import type { Connector } from '../connectors/contract.js';
import type { Database } from '../store/db/database.js';

/** Opens the connectors of one practice, or of all, one after the other, and always closes each. */
export async function withConnectors(
  practiceId: string | undefined,
  work: (practice: PracticeConfig, connector: Connector, signal: AbortSignal, db: Database) => Promise<void>,
  onError: (practice: PracticeConfig, error: unknown) => void,
): Promise<void> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  await withApp(
    async (app) => {
      for (const practice of app.config.practices) {
        if (practiceId !== undefined && practice.id !== practiceId) continue;
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
    },
    { practiceId, needsDatabase: false },
  );
}
