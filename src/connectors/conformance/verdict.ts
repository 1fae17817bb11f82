/** The connector broke a rule. The message names the place, never its content: the source may be a live practice. */
export class ConformanceFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConformanceFailure';
  }
}

/** The case does not apply to this connector or this source. */
export class NotRun extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'NotRun';
  }
}

export function must(condition: unknown, otherwise: string): asserts condition {
  if (!condition) throw new ConformanceFailure(otherwise);
}

/** Returns the path of the first difference, such as `pets.0.name`; null if equal. Never returns the values. */
export function differsAt(left: unknown, right: unknown, path = ''): string | null {
  if (Object.is(left, right)) return null;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return path || 'value';
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const [a, b] = [(left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]];
    const found = differsAt(a, b, path === '' ? key : `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

/** Awaits the promise, and fails after `ms`, because a suite that hangs does not show what is wrong. */
export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ConformanceFailure(`${what}: no answer within ${ms} ms.`)), ms);
  });
  try {
    return await Promise.race([promise, hung]);
  } finally {
    clearTimeout(timer);
  }
}
