import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ToolProblem } from '../../demo/tool-problem.js';

/**
 * Starts a built file of this folder as a process of its own and waits for the one line that it answers. `options` go to
 * its standard input, where no process list shows them. The process ends when its standard input closes.
 *
 * @throws Problem `benchmark-process-ended`
 */
export async function startChild<Answer>(
  file: string,
  options: object,
): Promise<{ answer: Answer; stop(): Promise<void> }> {
  const script = fileURLToPath(new URL(file, import.meta.url));
  const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await exit;
  };
  // If the child has already ended, the code below reports it.
  child.stdin.on('error', () => {});
  child.stdin.write(`${JSON.stringify(options)}\n`);
  const lines = createInterface(child.stdout);
  const [line] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as [string?];
  if (line !== undefined) return { answer: JSON.parse(line) as Answer, stop };
  throw new ToolProblem({
    code: 'benchmark-process-ended',
    message: `The benchmark's own process ${file} ended before it answered.`,
    help: 'Run "npm run build" first; the benchmark starts the built program.',
  });
}

/** Runs the child's side: reads its options and writes its answer. It ends whenever its parent ends. */
export async function asChild<Options>(work: (options: Options) => Promise<object>): Promise<void> {
  const lines = createInterface(process.stdin);
  lines.on('close', () => process.exit(0));
  const [line] = (await once(lines, 'line')) as [string];
  process.stdout.write(`${JSON.stringify(await work(JSON.parse(line) as Options))}\n`);
}
