import { parser } from '@prometheus-io/lezer-promql';

export interface PromQl {
  /** The pieces that Prometheus' own grammar cannot read; empty when the expression is sound. */
  broken: string[];
  metrics: string[];
  /** Every label that is matched, grouped by, joined on or carried over. */
  labels: string[];
}

/** Reads a PromQL expression with the grammar of Prometheus' own editor. */
export function readPromQl(expression: string): PromQl {
  const read: PromQl = { broken: [], metrics: [], labels: [] };
  parser.parse(expression).iterate({
    enter: ({ name, type, from, to, node }) => {
      const text = expression.slice(from, to);
      if (type.isError) read.broken.push(text || `something missing at ${from}`);
      if (name === 'Identifier' && node.parent?.name === 'VectorSelector') read.metrics.push(text);
      if (name === 'LabelName') read.labels.push(text);
    },
  });
  return read;
}
