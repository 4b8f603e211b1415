import type { RequestLine } from './server.js';

export interface SimulatorStats {
  requests: number;
  /** Requests by path, such as `/api/tickets`. */
  byPath: Record<string, number>;
  byStatus: Record<string, number>;
  /** Rows in lists that were answered. */
  rowsServed: number;
  /** Bytes of bodies. */
  bytes: number;
  /** Requests that met each fault. */
  faults: Record<string, number>;
  /** Sets all to nothing, and empties the log. */
  reset(): void;
}

/** The counters, the log, and the function that books a request into both. */
export function createStats(logSize: number) {
  const log: RequestLine[] = [];
  const empty = () => ({ requests: 0, byPath: {}, byStatus: {}, rowsServed: 0, bytes: 0, faults: {} });
  const stats: SimulatorStats = {
    ...empty(),
    reset() {
      Object.assign(stats, empty());
      log.length = 0;
    },
  };
  const count = (counts: Record<string, number>, name: string | number) =>
    void (counts[name] = (counts[name] ?? 0) + 1);
  const book = (line: RequestLine, bytes: number): void => {
    stats.requests++;
    stats.rowsServed += line.rows;
    stats.bytes += bytes;
    count(stats.byPath, line.path);
    count(stats.byStatus, line.status);
    if (line.fault !== undefined) count(stats.faults, line.fault);
    log.push(line);
    if (log.length > logSize) log.shift();
  };
  return { stats, log, book };
}
