import type { Suite } from '../suite.js';
import { consoleSuite } from './console.js';
import { importSuite } from './import.js';
import { mailSuite } from './mail.js';
import { readingSuite } from './reading.js';
import { workersSuite } from './workers.js';
import { practicesSuite } from './practices.js';
import { firstLoginSuite } from './first-login.js';

/** The suites, in the order in which they run. */
export const suites: readonly Suite[] = [
  importSuite,
  readingSuite,
  mailSuite,
  consoleSuite,
  workersSuite,
  practicesSuite,
  firstLoginSuite,
];
