import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fastify from 'fastify';
import { Registry } from 'prom-client';
import { existsSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { createGauges } from '../../src/ops/gauges.js';
import { metricsPlugin } from '../../src/ops/metrics.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { readPromQl } from '../support/promql.js';

interface Rule {
  alert: string;
  expr: string;
  for?: string;
  labels: { severity: string };
  annotations: { summary: string; runbook: string };
}
interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; legendFormat: string }[];
}

/** The labels that Prometheus itself adds to every target. */
const given = new Map([['up', ['job', 'instance']]]);

describe('alerts: rules and dashboards', () => {
  let test: TestDatabase;
  /** Every metric that the app exports, with its possible labels. */
  const exported = new Map<string, string[]>(given);
  const rules = (parse(readFileSync('ops/alerts.yaml', 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
    (group) => group.rules,
  );
  const dashboard = JSON.parse(readFileSync('ops/grafana/dashboards/pims-sync.json', 'utf8')) as {
    uid: string;
    panels: Panel[];
  };
  const operations = readFileSync('docs/operations.md', 'utf8');

  beforeAll(async () => {
    test = await testDatabase();
    const app = fastify();
    const deps = { db: test.db, clock: () => new Date(), practices: [], depths: () => Promise.resolve([]) };
    await app.register(metricsPlugin(deps, null));
    const { body } = await app.inject('/metrics');
    for (const [, name = ''] of body.matchAll(/^# TYPE (\S+)/gm)) exported.set(name, []);
    for (const metric of Object.values(createGauges(new Registry()))) {
      const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
      exported.set(name, labelNames);
    }
  });
  afterAll(() => test.drop());

  const ours = () => [...exported.keys()].filter((name) => name.startsWith('pims_sync_'));
  const named = (expr: string) => readPromQl(expr).metrics;
  /** Lists the errors of an expression and of the labels in its annotations. */
  const wrong = (expr: string, told: string[]) => {
    const { broken, metrics, labels } = readPromQl(expr);
    const known = new Set(['job', 'instance', ...metrics.flatMap((name) => exported.get(name) ?? [])]);
    return {
      broken,
      nothingAsked: metrics.length === 0,
      metrics: metrics.filter((name) => !exported.has(name)),
      labels: [...labels, ...told].filter((label) => !known.has(label)),
    };
  };
  const sound = { broken: [], nothingAsked: false, metrics: [], labels: [] };

  it.each([
    ['sum by (practice) (pims_sync_runs', { broken: ['something missing at 33'] }],
    ['pims_sync_runs pims_sync_jobs', { broken: ['pims_sync_jobs'] }],
    ['max(pims_sync_nights) by (queue)', { metrics: ['pims_sync_nights'], labels: ['queue'] }],
    ['pims_sync_data_age_seconds{queue="pims"} > 0', { labels: ['queue'] }],
    ['36 * 3600', { nothingAsked: true }],
  ])('detects the errors in %s', (expr, found) => {
    expect(wrong(expr, [])).toEqual({ ...sound, ...found });
  });

  it('alerts use metrics that the app exports, with labels they have', () => {
    expect(rules.length).toBeGreaterThan(12);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, expr, for: lasting = '0s', annotations } of rules) {
      const told = [...annotations.summary.matchAll(/\$labels\.(\w+)/g)].map(([, label = '']) => label);
      expect({ alert, ...wrong(expr, told) }).toEqual({ alert, ...sound });
      expect({ alert, lasting }).toEqual({ alert, lasting: expect.stringMatching(/^\d+[smhd]$/) });
    }
  });

  it('every alert has a severity and a runbook', () => {
    for (const { alert, labels, annotations } of rules) {
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.runbook).toMatch(/^docs\/operations\.md#[a-z]+$/);
      const [, anchor] = annotations.runbook.split('#');
      const headings = [...operations.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase());
      expect({ alert, heading: headings.some((title) => title === anchor) }).toEqual({
        alert,
        heading: true,
      });
    }
  });

  it('docs/operations.md explains every metric of ours', () => {
    expect(ours().filter((name) => !operations.includes(`\`${name}`))).toEqual([]);
  });

  it('the dashboard uses metrics that the app exports, without overlapping panels', () => {
    const panels = dashboard.panels.filter(({ type }) => type !== 'row');
    for (const { title, targets = [] } of panels) {
      expect({ title, drawn: targets.length > 0 }).toEqual({ title, drawn: true });
      for (const { expr, legendFormat } of targets) {
        const told = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        expect({ title, ...wrong(expr, told) }).toEqual({ title, ...sound });
      }
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
    const overlap = panels.flatMap(({ title, gridPos: a }, at) =>
      panels
        .slice(at + 1)
        .filter(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
        .map((other) => `${title} and ${other.title}`),
    );
    expect(overlap).toEqual([]);
    // Without a running web process nothing is known, so a panel that shows 0 would be wrong.
    const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
    const sayZero = expressions.filter((expr) => /or vector\(0\)$/.test(expr));
    expect(sayZero).toEqual([expect.stringMatching(/^count\(up\{/)]);
    const drawn = new Set(panels.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => named(expr))));
    for (const name of [
      'data_age_seconds',
      'practice_failing',
      'credentials_past_first_login',
      'oldest_job_seconds',
      'emails_per_second',
    ])
      expect(drawn).toContain(`pims_sync_${name}`);
  });

  it('compose.yaml mounts existing files, the rules and the dashboard among them', () => {
    const compose = parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as {
      services: Record<string, { profiles?: string[]; image?: string; volumes?: string[] }>;
    };
    for (const name of ['prometheus', 'grafana']) {
      const service = compose.services[name];
      expect(service?.profiles).toEqual(['watch']);
      expect(service?.image).toMatch(/:\d+\.\d+\.\d+|:v\d+\.\d+\.\d+/);
      const mounted = (service?.volumes ?? [])
        .filter((one) => one.startsWith('./'))
        .map((one) => one.split(':')[0] as string);
      expect(mounted.length).toBeGreaterThan(0);
      expect(mounted.filter((path) => !existsSync(path))).toEqual([]);
    }
    const config = parse(readFileSync('ops/prometheus.yaml', 'utf8')) as { rule_files: string[] };
    expect(config.rule_files).toEqual(['alerts.yaml']);
    const provider = parse(readFileSync('ops/grafana/provisioning/dashboards/pims-sync.yaml', 'utf8')) as {
      providers: { options: { path: string } }[];
    };
    expect(
      compose.services['grafana']?.volumes?.some((one) => one.includes(`:${provider.providers[0]?.options.path}`)),
    ).toBe(true);
  });
});
