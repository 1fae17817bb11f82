/**
 * Reads one practice alternately through its connector and the bare driver, in a process that has read nothing else,
 * because code that has processed the rows of four drivers runs slower on those of the fifth.
 */
import { isProblem } from '../../src/lib/problem.js';
import { Secret } from '../../src/lib/secret.js';
import { generatePractice } from '../../demo/practices/practice.js';
import { keepHeapSmall } from '../../src/platform/heap.js';
import { inTurn, measure, type Measured } from '../measure.js';
import { asChild } from './child.js';
import { openPlaces } from './places.js';
import { readClients } from './read.js';
import { subjectMakers } from './subjects.js';

export interface SpeedOptions {
  /** Key of `subjectMakers`. */
  what: string;
  clients: number;
  databaseUrl: string;
}

export type SpeedAnswer =
  | { ours: Measured; baseline: Measured; rows: number; clients: number; note: string | null }
  /** Set if the driver is not installed. */
  | { leftOut: string };

keepHeapSmall();
await asChild(async ({ what, clients, databaseUrl }: SpeedOptions): Promise<SpeedAnswer> => {
  const places = await openPlaces(new Secret(databaseUrl));
  try {
    const today = new Date().toISOString().slice(0, 10);
    const practice = generatePractice({ seed: 'benchmark', clients, today, mess: 0.2 });
    const subject = await subjectMakers[what]!(practice, places);
    try {
      let rows = 0;
      const [ours, baseline] = await inTurn(
        () => measure(() => readClients(subject.source)),
        () => measure(async () => (rows = await subject.bare())),
      );
      return { ours, baseline, rows, clients: subject.clients ?? clients, note: subject.note ?? null };
    } finally {
      await subject.stop?.();
    }
  } catch (error) {
    if (isProblem(error, 'pims-driver-missing')) return { leftOut: error.message };
    throw error;
  } finally {
    await places.remove();
  }
});
