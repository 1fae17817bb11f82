import { writeFileSync } from 'node:fs';

/**
 * A jest reporter that writes one line, "N passed, N failed", to the file named by PIMS_SYNC_TEST_COUNTS. A test file
 * that could not be loaded counts as one failure; skipped tests are listed separately, never counted as passed.
 */
export default class CountsReporter {
  onRunComplete(_contexts, results) {
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    const line = `${results.numPassedTests} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    writeFileSync(process.env.PIMS_SYNC_TEST_COUNTS, `${line}\n`);
  }
}
