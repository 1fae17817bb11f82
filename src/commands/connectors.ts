import { builtInConnectors } from '../connectors/registry.js';

/** Lists the built-in values of a practice's `connector` setting. */
export function connectors(options: { json?: boolean }): void {
  const all = builtInConnectors().map(({ name, summary, contractVersion }) => ({
    name,
    summary,
    contractVersion,
  }));
  if (options.json) {
    process.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
    return;
  }
  for (const { name, summary } of all) process.stdout.write(`${name.padEnd(14)}${summary}\n`);
  process.stdout.write(
    'Other connectors: name an npm package, or a path that starts with a dot. See docs/connectors.md.\n',
  );
}
