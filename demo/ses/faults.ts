import type { FaultName, LocalSesSettings } from './options.js';
import type { Random } from './random.js';

/** Returns true if the named fault applies to this email; counts down the fault's `next`. */
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
