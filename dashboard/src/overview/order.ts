import type { OverviewRegion } from '../../../src/server/api/types.js';

/** The regions in the order in which they stood, as long as somebody points at them, and how many would stand elsewhere. */
export function held(
  regions: readonly OverviewRegion[],
  order: readonly string[],
): { rows: readonly OverviewRegion[]; moved: number } {
  if (order.length === 0) return { rows: regions, moved: 0 };
  const placeOf = new Map(order.map((region, place) => [region, place]));
  const last = order.length;
  const rows = regions.toSorted((a, b) => (placeOf.get(a.region) ?? last) - (placeOf.get(b.region) ?? last));
  return { rows, moved: rows.filter(({ region }, place) => regions[place]?.region !== region).length };
}

/** Regions of which the name, or that of an event, contains the text. */
export function matching(regions: readonly OverviewRegion[], text: string): readonly OverviewRegion[] {
  const wanted = text.trim().toLocaleLowerCase();
  if (wanted === '') return regions;
  return regions.filter(({ region, events }) =>
    [region, ...events.map(({ name }) => name)].some((name) => name.toLocaleLowerCase().includes(wanted)),
  );
}
