/** Rejects with `error` if the answer takes longer than `ms` milliseconds; the work itself continues. */
export async function withinTime<T>(answer: Promise<T>, ms: number, error: Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, ms, error);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}
