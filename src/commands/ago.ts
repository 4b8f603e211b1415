const STEPS: readonly (readonly [ms: number, unit: string])[] = [
  [24 * 60 * 60 * 1000, 'd'],
  [60 * 60 * 1000, 'h'],
  [60 * 1000, 'min'],
];

/** How long ago, in the largest unit of which two have passed: `110 s ago`, `5 min ago`, `36 h ago`; a dash for never. */
export function ago(time: Date | null, now: Date): string {
  return time === null ? '–' : `${span(Math.max(0, now.getTime() - time.getTime()))} ago`;
}

/** How soon: `now` for what is past, else `in 5 min`. */
export function soon(time: Date, now: Date): string {
  const ms = time.getTime() - now.getTime();
  return ms <= 0 ? 'now' : `in ${span(ms)}`;
}

function span(ms: number): string {
  const step = STEPS.find(([size]) => ms >= 2 * size);
  return step ? `${Math.floor(ms / step[0])} ${step[1]}` : `${Math.floor(ms / 1000)} s`;
}
