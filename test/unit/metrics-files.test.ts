import { readFileSync } from 'node:fs';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { METRICS, type Definition } from '../../src/metrics/definitions.js';
import { createMetrics } from '../../src/metrics/metrics.js';

const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

interface Known {
  readonly type: string;
  readonly labels: readonly string[];
}

const ours = new Map<string, Known>(Object.entries<Definition>(METRICS));

/** Names, types and labels of the process metrics, as prom-client registers them here. */
function ofTheProcess(): Map<string, Known> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = registry.getMetricsAsArray() as unknown as {
    name: string;
    type: string;
    labelNames?: string[];
  }[];
  return new Map(metrics.map(({ name, type, labelNames }) => [name, { type, labels: labelNames ?? [] }]));
}

const everything = new Map([...ours, ...ofTheProcess()]);

describe('docs/metrics.md', () => {
  const rows = [...read('docs/metrics.md').matchAll(/^\| `(\w+)` +\| (\w+) +\| ([^|]*?) *\|(.*)$/gm)];
  const documented = new Map(
    rows.map(([, name = '', type = '', labels = '', rest = '']) => [
      name,
      { type, labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label), rest },
    ]),
  );

  it('lists every metric that the registry has with its type and labels, and no other', async () => {
    const text = await createMetrics({ live: true }).metricsText();
    const registered = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(
      ([, name, type]) => `${name} ${type}`,
    );
    const listed = [...documented].map(([name, { type }]) => `${name} ${type}`);
    expect(listed.sort()).toEqual(registered.sort());
    for (const [name, { labels }] of documented) expect(labels, name).toEqual(everything.get(name)?.labels);
  });

  it('says of each of ours what the registry says, and which are there only where they are scraped', async () => {
    const left = await createMetrics({ live: false }).metricsText();
    for (const [name, { help }] of Object.entries<Definition>(METRICS)) {
      const { rest } = documented.get(name)!;
      expect(rest, name).toContain(help);
      expect(rest.includes('_scraped_'), name).toBe(!left.includes(`# TYPE ${name} `));
    }
  });

  it('links only to files that exist', () => {
    for (const [, link = ''] of read('docs/metrics.md').matchAll(/\]\((?!http)([^)#]+)/g))
      expect(() => read(`docs/${link}`), link).not.toThrow();
  });
});

/** What an expression asks for: metrics with the labels that they are narrowed by, and the labels that it groups by. */
function asked(expression: string) {
  const metrics = [...expression.matchAll(/\b((?:vivenu|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)].map(
    ([, series = '', braces = '']) => ({
      name: everything.has(series) ? series : series.replace(/_(bucket|sum|count)$/, ''),
      series,
      labels: [...braces.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label),
    }),
  );
  const groups = [...expression.matchAll(/\b(?:by|without) \(([^)]*)\)/g)].flatMap(([, list = '']) =>
    list.split(',').map((label) => label.trim()),
  );
  return { metrics, groups };
}

/** Labels that Prometheus puts there, or that a histogram has. */
const GIVEN = ['job', 'instance', 'le'];

function expectKnown(expression: string): void {
  const { metrics, groups } = asked(expression);
  expect(metrics, expression).not.toEqual([]);
  for (const { name, series, labels } of metrics) {
    const known = everything.get(name);
    expect(known, series).toBeDefined();
    if (series !== name) expect(known?.type, series).toBe('histogram');
    for (const label of labels) expect([...known!.labels, ...GIVEN], expression).toContain(label);
  }
  const grouped = metrics.flatMap(({ name }) => everything.get(name)?.labels ?? []);
  for (const label of groups) expect([...grouped, ...GIVEN], expression).toContain(label);
}

interface Panel {
  type: string;
  title: string;
  targets?: { expr: string; legendFormat: string }[];
}

describe('deploy/grafana-dashboard.json', () => {
  const dashboard = JSON.parse(read('deploy/grafana-dashboard.json')) as {
    panels: Panel[];
    templating: { list: { query: unknown }[] };
  };
  const targets = dashboard.panels.flatMap(({ targets = [] }) => targets);

  it('asks only for metrics and labels that exist', () => {
    expect(targets.length).toBeGreaterThan(20);
    for (const { expr } of targets) expectKnown(expr);
    for (const [, metric = '', label = ''] of JSON.stringify(dashboard.templating).matchAll(
      /label_values\((\w+), (\w+)\)/g,
    ))
      expect(ours.get(metric)?.labels).toContain(label);
  });

  it('names in its legends only labels that are left', () => {
    for (const { expr, legendFormat } of targets) {
      const { metrics, groups } = asked(expr);
      const left = groups.length > 0 ? groups : metrics.flatMap(({ name }) => everything.get(name)!.labels);
      for (const [, label = ''] of legendFormat.matchAll(/\{\{(\w+)\}\}/g))
        expect(left, expr).toContain(label);
    }
  });

  it('shows every metric of ours but the version', () => {
    const shown = new Set(targets.flatMap(({ expr }) => asked(expr).metrics.map(({ name }) => name)));
    // What it is made of is shown instead, which also works where nothing is scraped.
    const left = ['vivenu_ingest_info', 'vivenu_ingest_lag_seconds'];
    expect([...ours.keys()].filter((name) => !shown.has(name))).toEqual(left);
  });
});

describe('deploy/alerts.yaml', () => {
  const rules = read('deploy/alerts.yaml')
    .split(/^ {6}- alert: /m)
    .slice(1);

  it('asks only for metrics and labels that exist', () => {
    expect(rules.length).toBeGreaterThan(8);
    for (const rule of rules) {
      const expression = /^ {8}expr: (.+)$/m.exec(rule)?.[1] ?? '';
      expectKnown(expression);
      const { metrics, groups } = asked(expression);
      const left = groups.length > 0 ? groups : metrics.flatMap(({ name }) => everything.get(name)!.labels);
      for (const [, label = ''] of rule.matchAll(/\$labels\.(\w+)/g)) expect(left, rule).toContain(label);
    }
  });

  it('each has a name of its own, a severity, and says what it is and what to do', () => {
    const names = rules.map((rule) => /^\w+/.exec(rule)?.[0]);
    expect(new Set(names).size).toBe(rules.length);
    for (const rule of rules)
      for (const part of ['severity: ', "summary: '", "description: '"]) expect(rule).toContain(part);
  });
});
