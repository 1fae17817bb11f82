/**
 * Loaded into each process of a chaos town before pims-sync itself (`node --import`). Two things that a test cannot do
 * from outside: a wall clock that jumps, and minutes of the queue that last seconds.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'bullmq';

// A wall clock that jumps while the process runs. Timers keep their pace, as they do when a machine's clock is set.
const file = process.env.CHAOS_CLOCK_FILE;
if (file) {
  const Real = Date;
  let offset = 0;
  const read = () => {
    try {
      offset = Number(readFileSync(file, 'utf8')) || 0;
    } catch {
      offset = 0;
    }
  };
  read();
  setInterval(read, 200).unref();
  globalThis.Date = class Date extends Real {
    constructor(...parts) {
      if (parts.length === 0) super(Real.now() + offset);
      else super(...parts);
    }
    static now() {
      return Real.now() + offset;
    }
  };
}

// A worker that died is noticed within six seconds instead of forty-five.
const { createLockManager } = Worker.prototype;
Worker.prototype.createLockManager = function () {
  Object.assign(this.opts, { lockDuration: 4000, lockRenewTime: 2000, stalledInterval: 2000 });
  return createLockManager.call(this);
};
