import { findConnector } from '../connectors/registry.js';
import { runConformance } from '../connectors/conformance/index.js';
import { loadConfig, practiceById } from '../app/config.js';
import { codeOf, isProblem, Problem, sentenceOf } from '../lib/problem.js';
import { scrub } from '../lib/scrub.js';
import type { Database } from '../store/db/database.js';
import { latestRuns } from '../store/sync-runs/sync-runs.js';
import { withConnectors } from './with-connector.js';

interface Checked {
  practice: string;
  findings: string[];
  problems: { code: string; message: string; help?: string | undefined }[];
}

/**
 * Connects to the PIMS of one practice, or of all, and checks the mapping against the live catalog. Reads one small
 * page.
 */
export async function check(
  practiceId: string | undefined,
  options: { conformance?: boolean; json?: boolean },
): Promise<void> {
  if (options.conformance) return conformance(practiceId);
  const all: Checked[] = [];
  await withConnectors(
    practiceId,
    async (practice, connector, signal, db) => {
      const { findings, problems } = await connector.check(signal);
      all.push({
        practice: practice.id,
        findings: [...findings, ...(await drifted(db, practice.id))],
        problems,
      });
    },
    (practice, error) => {
      const help = isProblem(error) ? error.help : undefined;
      const message = isProblem(error) ? error.message : scrub(sentenceOf(error));
      all.push({ practice: practice.id, findings: [], problems: [{ code: codeOf(error), message, help }] });
    },
  );
  process.stdout.write(options.json ? `${JSON.stringify(all, null, 2)}\n` : all.map(asText).join('\n'));
  const failing = all.filter(({ problems }) => problems.length > 0);
  if (failing.length > 0) {
    throw new Problem({
      code: 'check-failed',
      message: `${failing.length} of ${all.length} practices cannot be synced: ${failing.map((one) => one.practice).join(', ')}.`,
    });
  }
}

/** Drift that the last full scan found. Never throws, because an installer may check before the database exists. */
async function drifted(db: Database, practiceId: string): Promise<string[]> {
  try {
    const last = (await latestRuns(db, practiceId, 5)).find(({ drift }) => drift !== null);
    return (last?.drift ?? []).map(({ sentence }) => `changed since the scan before: ${sentence}`);
  } catch {
    return ['changes since the last scan are unknown: the database of pims-sync cannot be read'];
  }
}

function asText({ practice, findings, problems }: Checked): string {
  const lines = [`${practice}: ${problems.length === 0 ? 'ok' : 'cannot be synced'}`];
  for (const finding of findings) lines.push(`  - ${finding}`);
  for (const { code, message, help } of problems)
    lines.push(`  ! ${message}${help ? `\n    Next: ${help}` : ''} (${code})`);
  return `${lines.join('\n')}\n`;
}

async function conformance(practiceId: string | undefined): Promise<void> {
  if (practiceId === undefined) {
    throw new Problem({
      code: 'practice-missing',
      message: 'The conformance suite runs against one practice.',
      help: 'Name it: pims-sync check <practice> --conformance',
    });
  }
  const practice = practiceById(loadConfig(process.env), practiceId);
  const results = await runConformance({
    definition: await findConnector(practice.connector, practice.baseDir),
    settings: JSON.parse(practice.connection.open()),
    context: { practiceId, timeZone: practice.timeZone, baseDir: practice.baseDir, log: () => undefined },
  });
  for (const { name, outcome, why } of results) {
    process.stdout.write(`${outcome.padEnd(8)} ${name}${why ? `\n         ${why}` : ''}\n`);
  }
  const failed = results.filter(({ outcome }) => outcome === 'failed').length;
  if (failed > 0) {
    throw new Problem({
      code: 'conformance-failed',
      message: `${failed} cases failed.`,
    });
  }
}
