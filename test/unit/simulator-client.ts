import { startSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/simulator.js';

export const TOKEN = 'key_0123456789abcdef';

/** Noon, so that nothing depends on the day the test runs. */
export const NOON = Date.parse('2026-11-23T12:00:00.000Z');

export interface Row extends Record<string, unknown> {
  _id: string;
  eventId: string;
  status: string;
  createdAt: string;
  updatedAt: string;
}

export interface Body {
  rows: Row[];
  docs: Row[];
  total: number;
  statusCode: number;
  message: string;
}

/** A simulator whose clock stands still, with 300 tickets, unless told otherwise. */
export async function start(options: Partial<SimulatorOptions> = {}): Promise<Simulator> {
  return startSimulator({
    requestsPerHour: null,
    clock: { start: NOON, rate: 0 },
    sellers: [{ token: TOKEN, events: [{ id: 'race', tickets: 300 }], coupons: 60, series: 4 }],
    ...options,
  });
}

/** One GET, by a path below `/api`. */
export async function ask(simulator: Simulator, path: string, token = TOKEN) {
  const response = await fetch(simulator.url + path, { headers: { authorization: `Bearer ${token}` } });
  const text = await response.text();
  const json = response.headers.get('content-type')?.startsWith('application/json') ?? false;
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: (json ? JSON.parse(text) : {}) as Body,
  };
}

export async function list(simulator: Simulator, path: string): Promise<Body> {
  const { status, body } = await ask(simulator, path);
  if (status !== 200) throw new Error(`${path} answered ${status}: ${body.message}`);
  return body;
}
