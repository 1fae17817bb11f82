/** Pseudo-random numbers, the same for the same seed on every machine. Never for secrets. */
export interface Random {
  /** 0 or more, less than 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** Picks one of the names, with a probability in proportion to its weight. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T;
}

/** Creates a generator for a seed: `randomOf('7', 'client', 12)` is independent of client 11. */
export function randomOf(...seed: (string | number)[]): Random {
  let [a, b, c, d] = scatter(seed.join('\0'));
  // sfc32: small, fast, and with no short cycles.
  const next = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t || 0;
    return (t >>> 0) / 4294967296;
  };
  for (let warm = 0; warm < 12; warm++) next();
  const int = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    int,
    chance: (probability) => next() < probability,
    pick: (list) => list[int(0, list.length - 1)] as (typeof list)[number],
    weighted(weights) {
      const entries = Object.entries(weights) as [never, number][];
      let left = next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [name, weight] of entries) {
        left -= weight;
        if (left < 0) return name;
      }
      return entries.at(-1)?.[0] as never;
    },
  };
}

/** Hashes a text to four 32-bit numbers (FNV-1a, four times with different starts). */
function scatter(text: string): [number, number, number, number] {
  const hash = (start: number): number => {
    let value = start;
    for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 16777619);
    return value | 0;
  };
  return [hash(2166136261), hash(3735928559), hash(305419896), hash(1)];
}
