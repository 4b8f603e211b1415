/** Figures for Prometheus: an observer of what the engine tells, and gauges of how things stand. */
import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type GaugeConfiguration,
} from 'prom-client';
import { METRICS, type Definition, type MetricName } from './definitions.js';
import { metricsObserver, type Recorder } from './observer.js';
import type { Observer } from '../observer.js';
import { VERSION } from '../version.js';

/** How a stream of a region stands in the database. */
export interface Standing {
  readonly region: string;
  readonly stream: string;
  /** Up to when its rows are proven; null: never. */
  readonly provenAt: Date | null;
  readonly rejectsOpen: number;
}

/** Connections of the pool; `waiting` counts the pieces of work that wait for one. */
export interface Connections {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

/** The figures of this process. */
export interface Metrics {
  readonly observe: Observer;
  /** Everything in the text format of Prometheus. */
  metricsText(): Promise<string>;
  /** `Content-Type` of that text. */
  readonly contentType: string;
  /** Replaces what is known of how the streams stand. */
  note(standings: readonly Standing[]): void;
  /** Where the connections are asked for, each time the figures are. */
  watch(connections: () => Connections): void;
}

/** What the figures are for. */
export interface MetricsOptions {
  /** The process lives on and is scraped: its memory, CPU and event loop belong to the figures, and so does what is true only now. */
  readonly live: boolean;
}

const MS = 1000;
const KILOBYTE = 1024;

/** Figures of this process, in a registry of their own. */
export function createMetrics({ live }: MetricsOptions): Metrics {
  const registry = new Registry();
  if (live) collectDefaultMetrics({ register: registry });
  const recorder = register(registry, live);
  recorder.set('vivenu_ingest_info', { version: VERSION }, 1);
  let connections: (() => Connections) | null = null;
  let known: readonly Standing[] = [];
  return {
    observe: metricsObserver(recorder),
    metricsText: async () => {
      recorder.set('vivenu_ingest_peak_memory_bytes', {}, process.resourceUsage().maxRSS * KILOBYTE);
      if (connections !== null) setConnections(recorder, connections());
      setStandings(recorder, known);
      return await registry.metrics();
    },
    contentType: registry.contentType,
    note: (standings) => (known = standings),
    watch: (source) => (connections = source),
  };
}

function setConnections(recorder: Recorder, { open, idle, waiting }: Connections): void {
  for (const [state, count] of Object.entries({ open, idle, waiting }))
    recorder.set('vivenu_ingest_database_connections', { state }, count);
}

function setStandings(recorder: Recorder, standings: readonly Standing[]): void {
  for (const name of ['rejects_open', 'proven_timestamp_seconds', 'lag_seconds'] as const)
    recorder.clear(`vivenu_ingest_${name}`);
  const now = Date.now() / MS;
  for (const { region, stream, provenAt, rejectsOpen } of standings) {
    const at = { region, stream };
    recorder.set('vivenu_ingest_rejects_open', at, rejectsOpen);
    if (provenAt === null) continue;
    const proven = provenAt.getTime() / MS;
    recorder.set('vivenu_ingest_proven_timestamp_seconds', at, proven);
    recorder.set('vivenu_ingest_lag_seconds', at, Math.max(0, now - proven));
  }
}

/** Puts every metric into the registry, save those that are true only now where nobody asks now. */
function register(registry: Registry, live: boolean): Recorder {
  const registers = [registry];
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, definition] of Object.entries<Definition>(METRICS)) {
    if (definition.only === 'live' && !live) continue;
    const { type, help, labels: labelNames, buckets = [] } = definition;
    if (type === 'counter') counters.set(name, new Counter({ name, help, labelNames, registers }));
    else if (type === 'gauge') gauges.set(name, emptyGauge({ name, help, labelNames, registers }));
    else histograms.set(name, new Histogram({ name, help, labelNames, registers, buckets: [...buckets] }));
  }
  return {
    add: (name: MetricName, labels, by) => counters.get(name)?.inc(labels, by),
    set: (name: MetricName, labels, to) => gauges.get(name)?.set(labels, to),
    measure: (name: MetricName, labels, seconds) => histograms.get(name)?.observe(labels, seconds),
    clear: (name: MetricName) => gauges.get(name)?.reset(),
  };
}

/** Without labels a gauge begins at 0, which would say something. */
function emptyGauge(options: GaugeConfiguration<string>): Gauge {
  const gauge = new Gauge(options);
  if (options.labelNames?.length === 0) gauge.remove();
  return gauge;
}
