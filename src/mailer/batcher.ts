/**
 * Lets many callers share one piece of work: while a batch runs, those who come wait for the next one. A lone caller
 * waits for nobody; under load, statements and commits are paid for once for many.
 *
 * @param work gets at least one item and answers each, in order; when it throws, all of its callers do
 */
export function createBatcher<Item, Result>(
  work: (items: readonly Item[]) => Promise<readonly Result[]>,
  most = 100,
): (item: Item) => Promise<Result> {
  interface Caller {
    item: Item;
    resolve(result: Result): void;
    reject(error: unknown): void;
  }
  let waiting: Caller[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const batch = waiting.slice(0, most);
      waiting = waiting.slice(most);
      try {
        const results = await work(batch.map(({ item }) => item));
        batch.forEach((caller, at) => caller.resolve(results[at] as Result));
      } catch (error) {
        for (const caller of batch) caller.reject(error);
      }
    }
    running = false;
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      // A turn later, so that callers of one moment begin together.
      if (!running) {
        running = true;
        setImmediate(() => void run());
      }
    });
}
