#!/usr/bin/env node
import { Command, Option } from 'commander';
import { fail, failWithoutData } from '../src/commands/fail.js';
import { keepHeapSmall } from '../src/platform/heap.js';
import { benchmark, type BenchmarkOptions } from './run.js';

keepHeapSmall();
failWithoutData();

const program = new Command('benchmark')
  .argument('[suites...]', 'suites to run (default: all)')
  .description('Measure this machine against baselines taken in the same run')
  .option('--clients <n,n>', 'number of clients of a practice, or of pet parents', toCounts, [10_000])
  .option('--out <file>', 'write the result as JSON')
  .option('--svg <file>', 'draw the ratios to the baselines')
  .option('--compare <file>', 'compare each line with an earlier result of --out')
  .addOption(new Option('--json', 'print the result as JSON, for programs'))
  .action((names: string[], options: BenchmarkOptions) => benchmark(names, options));

await program.parseAsync().catch(fail);

function toCounts(text: string): number[] {
  return text.split(',').map((part) => {
    const count = Number(part.trim());
    if (!Number.isInteger(count) || count < 1) program.error(`error: "${part}" is not a whole number above 0.`);
    return count;
  });
}
