/**
 * Loaded into each process of a chaos town before pims-sync itself (`node --import`). It does two things that a test
 * cannot do from outside: it makes the wall clock jump, and it shortens the queue's minutes to seconds.
 */
import { readFileSync } from 'node:fs';
import { Worker } from 'bullmq';
import { Redis } from 'ioredis';

// Makes the wall clock jump while the process runs. Timers keep their pace, as with a real machine's clock.
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

// Tasks of every minute run every second, without help from the test.
const { setInterval: realInterval } = globalThis;
globalThis.setInterval = (tick, ms, timer, ...more) =>
  realInterval(tick, timer?.everyMs === ms && ms === 60_000 ? 1000 : ms, timer, ...more);
const { set } = Redis.prototype;
Redis.prototype.set = function (key, value, unit, ms, ...more) {
  const isMinute = String(key).includes(':lease:') && ms > 50_000;
  return set.call(this, key, value, ...(unit === undefined ? [] : [unit, isMinute ? 900 : ms, ...more]));
};

// A dead worker is noticed within 6 s instead of 45 s.
const { createLockManager } = Worker.prototype;
Worker.prototype.createLockManager = function () {
  Object.assign(this.opts, { lockDuration: 4000, lockRenewTime: 2000, stalledInterval: 2000 });
  return createLockManager.call(this);
};
