import { perSecond, ratio, type Line } from './suite.js';

/** The result of a whole run, as `--out` writes it and `--compare` reads it. */
export interface Result {
  at: string;
  node: string;
  cores: number;
  lines: Line[];
}

const number = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

/** Formats the lines as a table for people, one row each. */
export function table(lines: readonly Line[], earlier: readonly Line[] = []): string {
  const compared = earlier.length > 0;
  const head = [
    '',
    'size',
    'seconds',
    'x baseline',
    'a second',
    'median ms',
    'p99 ms',
    'peak MiB',
    ...(compared ? ['earlier'] : []),
    'target',
  ];
  const rows = lines.map((line) => {
    const times = ratio(line);
    return [
      `${line.suite}: ${line.what}`,
      `${line.size} ${line.unit}`,
      number(line.seconds),
      times === null ? '' : times.toFixed(2),
      number(perSecond(line)),
      line.medianMs === undefined ? '' : number(line.medianMs),
      line.p99Ms === undefined ? '' : number(line.p99Ms),
      line.peakMib === null ? '' : line.peakMib.toFixed(0),
      ...(compared ? [change(line, earlier)] : []),
      [line.target && `${line.target.met ? 'met' : 'MISSED'}: ${line.target.words}`, line.note]
        .filter(Boolean)
        .join('; '),
    ];
  });
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]!.length)));
  const left = new Set([0, head.length - 1]);
  const print = (row: string[]): string =>
    row
      .map((cell, at) => (left.has(at) ? cell.padEnd(widths[at]!) : cell.padStart(widths[at]!)))
      .join('  ')
      .trimEnd();
  return `${[head, ...rows].map(print).join('\n')}\n`;
}

/**
 * Compares a line with the same line of an earlier run: by its ratio to the baseline if it has one, because two
 * machines differ, otherwise by throughput.
 */
function change(line: Line, earlier: readonly Line[]): string {
  const before = earlier.find((one) => one.suite === line.suite && one.what === line.what && one.size === line.size);
  if (!before) return 'new';
  const [now, then] = [ratio(line), ratio(before)];
  if (now !== null && then !== null) return `${signed(now / then - 1)} x baseline`;
  return `${signed(perSecond(line) / perSecond(before) - 1)} a second`;
}

const signed = (share: number): string => `${share < 0 ? '' : '+'}${(share * 100).toFixed(0)} %`;

/**
 * Draws the ratios to the baselines as bars, each with its throughput and memory, as a complete SVG document. Leaves
 * out lines without a baseline.
 */
export function chart({ lines, at }: Result): string {
  const bars = lines.flatMap((line) => {
    const times = ratio(line);
    const memory = line.peakMib === null ? '' : `, ${line.peakMib.toFixed(0)} MiB`;
    const told = `${times?.toFixed(2)} x, ${number(perSecond(line))} a second${memory}`;
    return times === null
      ? []
      : [{ words: `${line.suite}: ${line.what}, ${line.size} ${line.unit}`, times, told, met: line.target?.met }];
  });
  const most = Math.max(2, ...bars.map((bar) => bar.times));
  const [left, width, row, top] = [380, 420, 28, 56];
  const x = (times: number): number => left + (times / most) * width;
  const height = top + bars.length * row + 24;
  const drawn = bars.map(({ words, times, told, met }, at) => {
    const y = top + at * row;
    const colour = met === undefined ? '#5b7083' : met ? '#2e7d4f' : '#b3402a';
    return `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escape(words)}</text><rect x="${left}" y="${y}" width="${(x(times) - left).toFixed(1)}" height="20" fill="${colour}"/><text x="${(x(times) + 6).toFixed(1)}" y="${y + 15}">${told}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${left + width + 230} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#1c2733">
<title>Benchmark: ratio to baseline</title>
<rect width="100%" height="100%" fill="#fff"/>
<text x="16" y="26" font-size="16" font-weight="600">Ratio to the baseline taken in the same run</text>
<text x="16" y="44" fill="#5b7083">${escape(at)}; green met its target, red missed it, grey has no target; the line is the baseline; memory is the peak of a process</text>
${drawn.join('\n')}
<line x1="${x(1).toFixed(1)}" x2="${x(1).toFixed(1)}" y1="${top - 6}" y2="${height - 16}" stroke="#1c2733" stroke-dasharray="3 3"/>
</svg>
`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
