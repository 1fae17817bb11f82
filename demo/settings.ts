import { z } from 'zod';
import { ToolProblem } from './tool-problem.js';

const settingsSchema = z.object({
  DEMO_CLIENTS: z.coerce.number().int().min(10).max(1_000_000).default(200),
  DEMO_SEED: z.coerce.number().int().default(7),
  PIMS_SYNC_LOCAL: z.string().min(1),
  /** In a container, the published port of the mailbox. */
  MAILBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  LISTEN_HOST: z.string().optional(),
});

export interface DemoSettings {
  /** Number of clients of each practice. */
  clients: number;
  seed: number;
  /** Keeps the practices' databases, the plugin and the staff password between starts. */
  folder: string;
  /** Port of the mailbox; 0 picks a free one. */
  mailboxPort: number;
  listenHost: string | null;
}

/** @throws Problem `demo-settings-wrong`, naming each variable */
export function demoSettings(env: Readonly<Record<string, string | undefined>>): DemoSettings {
  const parsed = settingsSchema.safeParse(env);
  if (parsed.success) {
    const { DEMO_CLIENTS, DEMO_SEED, PIMS_SYNC_LOCAL, MAILBOX_PORT, LISTEN_HOST } = parsed.data;
    return {
      clients: DEMO_CLIENTS,
      seed: DEMO_SEED,
      folder: PIMS_SYNC_LOCAL,
      mailboxPort: MAILBOX_PORT,
      listenHost: LISTEN_HOST ?? null,
    };
  }
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ToolProblem({
    code: 'demo-settings-wrong',
    message: `The environment of the demo is wrong:\n  - ${problems.join('\n  - ')}`,
    help: 'Correct it and start again. ./scripts/start sets everything that is needed.',
  });
}
