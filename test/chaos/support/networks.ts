import { execFileSync } from 'node:child_process';

/** A network namespace, which acts as another machine in the network. */
interface Network {
  name: string;
  /** Prefix for a command, to start it as if on that machine. */
  exec: string[];
  cut(): void;
  mend(): void;
}

export interface Networks {
  /** The address on which servers must listen to be reachable from all namespaces. */
  host: string;
  list: Network[];
  remove(): void;
}

const ip = (...args: string[]): void => void execFileSync('ip', args, { stdio: 'ignore' });

/**
 * Makes namespaces that each have one cable to this machine and nothing else.
 *
 * @returns null if this user may not create them, or `ip` is not installed
 */
export function makeNetworks(count: number): Networks | null {
  const mark = process.pid.toString(36);
  // A third of the RFC 1918 addresses, chosen by process id, so that two runs do not collide.
  const base = `10.${180 + (process.pid % 60)}`;
  const made: Network[] = [];
  const remove = (): void => {
    for (const { name } of made.splice(0)) {
      try {
        ip('netns', 'delete', name);
      } catch {
        // The namespace was not created.
      }
    }
  };
  try {
    for (let at = 0; at < count; at++) {
      const name = `pims-${mark}-${at}`;
      const [here, there] = [`ph${mark}${at}`, `pt${mark}${at}`];
      made.push({
        name,
        exec: ['ip', 'netns', 'exec', name],
        cut: () => ip('link', 'set', here, 'down'),
        mend: () => ip('link', 'set', here, 'up'),
      });
      ip('netns', 'add', name);
      ip('link', 'add', here, 'type', 'veth', 'peer', 'name', there);
      ip('link', 'set', there, 'netns', name);
      ip('address', 'add', `${base}.${at}.1/24`, 'dev', here);
      ip('link', 'set', here, 'up');
      ip('-n', name, 'address', 'add', `${base}.${at}.2/24`, 'dev', there);
      ip('-n', name, 'link', 'set', there, 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'route', 'add', 'default', 'via', `${base}.${at}.1`);
    }
  } catch {
    remove();
    return null;
  }
  // The first cable is never cut, so its address stays reachable for all.
  return { host: `${base}.0.1`, list: made, remove };
}
