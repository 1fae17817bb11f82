import { parser } from '@prometheus-io/lezer-promql';

export interface PromQl {
  /** The parts that Prometheus' grammar cannot parse; empty if the expression is valid. */
  broken: string[];
  metrics: string[];
  /** Every label used in a matcher, grouping or join. */
  labels: string[];
}

/** Parses a PromQL expression with the grammar of Prometheus' own editor. */
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
