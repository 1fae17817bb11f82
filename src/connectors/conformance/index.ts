/**
 * The rules that every connector keeps, as cases that run in any test runner or by `runConformance`.
 * `import { conformanceCases } from 'pims-sync/connector/conformance'`.
 */
import { abortCases } from './cases/abort.js';
import { capabilityCases } from './cases/capabilities.js';
import { checkCases } from './cases/check.js';
import { faultCases } from './cases/faults.js';
import { memoryCases } from './cases/memory.js';
import { pagingCases } from './cases/paging.js';
import { readOnlyCases } from './cases/read-only.js';
import { settingsCases } from './cases/settings.js';
import { shapeCases } from './cases/shape.js';
import { withoutSecrets } from './secrets.js';
import type { ConformanceCase, ConformanceResult, Subject } from './subject.js';
import { NotRun } from './verdict.js';

export type { ConformanceCase, ConformanceResult, Fault, Refusal, Subject } from './subject.js';
export { ConformanceFailure, NotRun } from './verdict.js';
export { createFaultProxy, type FaultProxy } from './proxy.js';

/** Returns every case for this subject in the order to run them, including those that cannot run. */
export function conformanceCases(subject: Subject): ConformanceCase[] {
  const groups = [
    settingsCases,
    checkCases,
    capabilityCases,
    pagingCases,
    shapeCases,
    abortCases,
    faultCases,
    memoryCases,
    readOnlyCases, // last: these check what all the others did to the source
  ];
  return groups.flatMap((cases) => cases(subject));
}

/** Runs every case, one after the other, and returns the result of each. Never throws for a broken connector. */
export async function runConformance(
  subject: Subject,
  report: (result: ConformanceResult) => void = () => {},
): Promise<ConformanceResult[]> {
  const results: ConformanceResult[] = [];
  for (const one of conformanceCases(subject)) {
    const result = await resultOf(one, subject);
    results.push(result);
    report(result);
  }
  return results;
}

async function resultOf({ name, notRun, run }: ConformanceCase, subject: Subject): Promise<ConformanceResult> {
  if (notRun !== undefined) return { name, outcome: 'not run', why: notRun };
  try {
    await run();
    return { name, outcome: 'passed' };
  } catch (error) {
    const why = withoutSecrets(subject, error instanceof Error ? error.message : String(error));
    return { name, outcome: error instanceof NotRun ? 'not run' : 'failed', why };
  }
}
