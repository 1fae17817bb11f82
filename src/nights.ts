import type { Config } from './config.js';
import type { Night } from './jobs/start-night.js';

/** When each configured practice's night begins. */
export function nightsOf(config: Config): Night[] {
  return config.practices.map(({ id, timeZone, schedule }) => ({ practiceId: id, timeZone, ...schedule }));
}
