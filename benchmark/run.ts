import { renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Suite, Line } from './suite.js';
import { suites } from './suites/index.js';
import { chart, table, type Result } from './report.js';
import { loadConfig } from '../src/app/config.js';
import type { Problem } from '../src/lib/problem.js';
import { ToolProblem } from '../demo/tool-problem.js';
import type { Secret } from '../src/lib/secret.js';
import { adminUrlOf } from '../src/commands/migrate.js';

export interface BenchmarkOptions {
  /** Sizes to measure, for example 10,000 and 100,000. */
  clients: number[];
  json?: boolean;
  /** Paths of the files to write or read. */
  out?: string;
  svg?: string;
  compare?: string;
}

/**
 * Measures the named suites, or all, at each size, and prints the results. It works in databases of its own on the
 * server of DATABASE_URL and drops them at the end.
 *
 * If `DATABASE_ADMIN_URL` is set, its user creates the databases.
 *
 * @throws Problem `no-such-suite`, `not-a-benchmark-result`, `benchmark-needs-databases`
 */
export async function benchmark(names: readonly string[], options: BenchmarkOptions): Promise<void> {
  const chosen = choose(names);
  const earlier = options.compare === undefined ? [] : (await earlierResult(options.compare)).lines;
  const loaded = loadConfig(process.env);
  // The application's own user may not create databases.
  const config = { ...loaded, databaseUrl: adminUrlOf(process.env) ?? loaded.databaseUrl };
  const lines: Line[] = [];
  const result = (): Result => ({
    at: new Date().toISOString(),
    node: process.version,
    cores: availableParallelism(),
    lines,
  });
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  for (const size of options.clients) {
    for (const suite of chosen) {
      say(`${suite.name}: ${suite.about}`);
      const add = (line: Omit<Line, 'suite'>): void => {
        lines.push({ suite: suite.name, ...line });
        // Write after each line, so that a long run that is interrupted keeps its results.
        if (options.out !== undefined) keep(options.out, result());
        say(`  ${line.what}: ${line.seconds.toFixed(2)} s for ${line.size} ${line.unit}`);
      };
      await suite.run({ config, size, say: (text) => say(`  ${text} ...`) }, add).catch((error: unknown) => {
        throw mayNotCreate(error, config.databaseUrl) ?? error;
      });
    }
  }
  if (options.svg !== undefined) writeFileSync(options.svg, chart(result()));
  process.stdout.write(options.json ? `${JSON.stringify(result(), null, 2)}\n` : table(lines, earlier));
}

/** Writes the file atomically, so that an interrupted process leaves no partial file. */
function keep(file: string, result: Result): void {
  writeFileSync(`${file}.part`, `${JSON.stringify(result, null, 2)}\n`);
  renameSync(`${file}.part`, file);
}

/** Returns the problem of a user who may not create databases; null for any other error. */
function mayNotCreate(error: unknown, databaseUrl: Secret): Problem | null {
  if ((error as { code?: string }).code !== 'ER_DBACCESS_DENIED_ERROR') return null;
  const user = decodeURIComponent(new URL(databaseUrl.open()).username);
  return new ToolProblem({
    code: 'benchmark-needs-databases',
    message: `The user "${user}" may not create the databases that the benchmark works in.`,
    help: `Set DATABASE_ADMIN_URL to a user who may, or let an administrator run: GRANT ALL ON \`pims\\_bench\\_%\`.* TO '${user}'@'%';`,
    cause: error,
  });
}

function choose(names: readonly string[]): readonly Suite[] {
  const unknown = names.find((name) => !suites.some((suite) => suite.name === name));
  if (unknown === undefined) return names.length === 0 ? suites : suites.filter((one) => names.includes(one.name));
  throw new ToolProblem({
    code: 'no-such-suite',
    message: `The benchmark has no suite "${unknown}".`,
    help: `It has: ${suites.map((one) => `${one.name} (${one.about})`).join('; ')}.`,
  });
}

async function earlierResult(file: string): Promise<Result> {
  const wrong = (cause: unknown) =>
    new ToolProblem({
      code: 'not-a-benchmark-result',
      message: `${file} cannot be read as an earlier result.`,
      help: 'Name a file that "npm run benchmark -- --out <file>" wrote.',
      cause,
    });
  try {
    const result = JSON.parse(await readFile(file, 'utf8')) as Partial<Result>;
    if (!Array.isArray(result.lines)) throw new Error('it has no lines');
    return result as Result;
  } catch (error) {
    throw wrong(error);
  }
}
