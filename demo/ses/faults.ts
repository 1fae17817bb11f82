import type { FaultName, LocalSesSettings } from './options.js';
import type { Random } from './random.js';

/** True when the named fault strikes this email; a certain strike (`next`) is used up by it. */
export type Faults = (name: FaultName) => boolean;

export function createFaults(settings: () => LocalSesSettings['faults'], random: Random): Faults {
  return (name) => {
    const fault = settings()[name];
    if (fault.next > 0) {
      fault.next -= 1;
      return true;
    }
    return fault.probability > 0 && random() < fault.probability;
  };
}
