import type { Config } from './config-schema.js';
import { nightlySyncBegun, type Night } from '../jobs/handlers/start-nightly-sync.js';
import type { DataRuleOf } from '../store/sync-runs/data-age.js';

/** Returns the nightly schedule of each configured practice. */
export function nightlySchedulesOf(config: Config): Night[] {
  return config.practices.map(({ id, timeZone, schedule }) => ({ practiceId: id, timeZone, ...schedule }));
}

/** Returns the maximum age of a practice's data at which its invitations may be sent. */
export function dataRulesOf(config: Config): DataRuleOf {
  const nights = new Map(nightlySchedulesOf(config).map((night) => [night.practiceId, night]));
  const limits = new Map(config.practices.map(({ id, policy }) => [id, policy.maxDataAgeHours]));
  return (practiceId, now) => {
    const [night, maxAgeHours] = [nights.get(practiceId), limits.get(practiceId)];
    return night && maxAgeHours !== undefined ? { maxAgeHours, night: nightlySyncBegun(night, now) } : null;
  };
}
