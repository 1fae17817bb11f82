import type { Config } from './config-schema.js';
import { lastNightlySync, type NightlySchedule } from '../jobs/handlers/start-nightly-sync.js';
import type { DataRuleOf } from '../store/sync-runs/data-age.js';

/** Returns the nightly schedule of each configured practice. */
export function nightlySchedulesOf(config: Config): NightlySchedule[] {
  return config.practices.map(({ id, timeZone, schedule }) => ({ practiceId: id, timeZone, ...schedule }));
}

/** Returns the maximum age of a practice's data at which its invitations may be sent. */
export function dataRulesOf(config: Config): DataRuleOf {
  const schedules = new Map(nightlySchedulesOf(config).map((one) => [one.practiceId, one]));
  const limits = new Map(config.practices.map(({ id, policy }) => [id, policy.maxDataAgeHours]));
  return (practiceId, now) => {
    const [schedule, maxAgeHours] = [schedules.get(practiceId), limits.get(practiceId)];
    return schedule && maxAgeHours !== undefined ? { maxAgeHours, night: lastNightlySync(schedule, now) } : null;
  };
}
