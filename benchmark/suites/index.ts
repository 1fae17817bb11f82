import type { Chapter } from '../suite.js';
import { consoleChapter } from './console.js';
import { importChapter } from './import.js';
import { mailChapter } from './mail.js';
import { readingChapter } from './reading.js';
import { workersChapter } from './workers.js';
import { practicesChapter } from './practices.js';
import { firstLoginChapter } from './first-login.js';

/** The suites, in the order in which they run. */
export const chapters: readonly Chapter[] = [
  importChapter,
  readingChapter,
  mailChapter,
  consoleChapter,
  workersChapter,
  practicesChapter,
  firstLoginChapter,
];
