/** Reads one practice in a process that does nothing else, and reports its peak memory. */
import { keepHeapSmall } from '../../src/platform/heap.js';
import { asChild } from './child.js';
import { readClients, type ReadSource } from './read.js';

keepHeapSmall();
await asChild(async (source: ReadSource) => {
  const start = process.hrtime.bigint();
  const rows = await readClients(source);
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  return { rows, seconds, peakMib: process.resourceUsage().maxRSS / 1024 };
});
