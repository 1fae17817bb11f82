import type { Chapter } from '../chapter.js';
import { importChapter } from './import.js';
import { readingChapter } from './reading.js';

/** In the order in which they run. */
export const chapters: readonly Chapter[] = [importChapter, readingChapter];
