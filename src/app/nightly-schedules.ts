import type { Config } from './config.js';
import { nightlySyncBegun, type Night } from '../jobs/handlers/start-nightly-sync.js';
import type { DataRuleOf } from '../store/sync-runs/data-age.js';

/** When each configured practice's night begins. */
export function nightlySchedulesOf(config: Config): Night[] {
  return config.practices.map(({ id, timeZone, schedule }) => ({ practiceId: id, timeZone, ...schedule }));
}

/** How old the data of each configured practice may be at a moment for its invitations to go. */
export function dataRulesOf(config: Config): DataRuleOf {
  const nights = new Map(nightlySchedulesOf(config).map((night) => [night.practiceId, night]));
  const limits = new Map(config.practices.map(({ id, policy }) => [id, policy.maxDataAgeHours]));
  return (practiceId, now) => {
    const [night, maxAgeHours] = [nights.get(practiceId), limits.get(practiceId)];
    return night && maxAgeHours !== undefined ? { maxAgeHours, night: nightlySyncBegun(night, now) } : null;
  };
}
