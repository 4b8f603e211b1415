import { createDraw, type Draw } from './random.js';

/** What can go wrong with one request. */
export const FAULTS = [
  '429',
  '429-date',
  '429-none',
  '429-garbage',
  '500',
  '502-html',
  '503',
  '503-large',
  'reset',
  'hang',
  'slow',
  'cut-json',
  'cut-connection',
  'html-200',
  'no-total',
  'no-rows',
  'empty-page',
  'lost-row',
  'wrong-total',
] as const;
export type FaultName = (typeof FAULTS)[number];

/** Share of requests, 0 to 1, by fault. */
export type FaultRates = Partial<Record<FaultName, number>>;

export interface FaultSettings {
  /** Seed of the dice; another one meets other requests. @default the simulator's seed */
  seed?: number;
  /** `Retry-After` of `429` and `429-date`, seconds. @default 1 */
  retryAfterSeconds?: number;
  /** `503-large`: the largest page that is answered. @default 100 */
  largeTop?: number;
  /** `slow`: milliseconds over which the body is spread. @default 2000 */
  slowMs?: number;
}

/** Chooses the fault of each request: first those that were ordered, then by the rates. */
export interface FaultDice {
  /** May be written at run time. */
  readonly rates: FaultRates;
  /** The next `times` requests (whose path contains `path`) meet this fault. */
  order(fault: FaultName, times: number, path: string): void;
  next(path: string, top: number): FaultName | undefined;
}

export function createFaultDice(rates: FaultRates, settings: FaultSettings, seed: number): FaultDice {
  const ordered: { fault: FaultName; left: number; path: string }[] = [];
  const draw = createDraw((settings.seed ?? seed) ^ 0x00f4_0175);
  const current: FaultRates = { ...rates };
  const fits = (fault: FaultName, top: number) => fault !== '503-large' || top > (settings.largeTop ?? 100);
  return {
    rates: current,
    order: (fault, left, path) => void ordered.push({ fault, left, path }),
    next(path, top) {
      const first = ordered.find((order) => path.includes(order.path) && fits(order.fault, top));
      if (first === undefined) return roll(current, draw, (fault) => fits(fault, top));
      if (--first.left === 0) ordered.splice(ordered.indexOf(first), 1);
      return first.fault;
    },
  };
}

function roll(rates: FaultRates, draw: Draw, fits: (fault: FaultName) => boolean): FaultName | undefined {
  return FAULTS.find((fault) => (rates[fault] ?? 0) > 0 && fits(fault) && draw() < (rates[fault] ?? 0));
}

/** Value of `Retry-After`, or undefined for none. */
export function retryAfter(
  fault: FaultName,
  now: number,
  { retryAfterSeconds = 1 }: FaultSettings,
): string | undefined {
  if (fault === '429-date') return new Date(now + retryAfterSeconds * 1000).toUTCString();
  if (fault === '429-garbage') return 'soon, we hope';
  return fault === '429' ? String(retryAfterSeconds) : undefined;
}
