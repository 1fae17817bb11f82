import { Problem } from '../lib/problem.js';
import { withConnectors } from './with-connector.js';

/** Proposes mapping overrides for an unknown installation. Shows sample values only with `samples`. */
export async function discover(practiceId: string, options: { samples?: boolean; whole?: boolean }): Promise<void> {
  await withConnectors(
    practiceId,
    async (practice, connector, signal) => {
      if (!connector.discover) {
        throw new Problem({
          code: 'discover-unsupported',
          message: `The connector "${practice.connector}" has no catalog to discover.`,
        });
      }
      const found = await connector.discover({ samples: options.samples ?? false, signal });
      // The evidence goes to standard error, so that "discover > mapping.yaml" contains only the proposal.
      process.stderr.write(`${found.evidence.map((line) => `  ${line}`).join('\n')}\n\n`);
      const proposal = options.whole ? (found.whole ?? found.proposal) : found.proposal;
      process.stdout.write(`${proposal.trimEnd()}\n`);
    },
    (_practice, error) => {
      throw error;
    },
  );
}
