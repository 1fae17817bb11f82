/**
 * Combines concurrent calls into batches: while one batch runs, new callers wait for the next. A lone caller starts at
 * once; under load, many callers share the cost of one statement and one commit.
 *
 * @param work receives at least one item and returns one result for each, in order; if it throws, all its callers
 *   reject
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
      // Start one event-loop turn later, so that concurrent callers share the first batch.
      if (!running) {
        running = true;
        setImmediate(() => void run());
      }
    });
}
