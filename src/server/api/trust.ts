import { listed } from '../../work/verdict.js';
import { trustOfAll as trustIn, type Trust, type TrustState } from '../../work/trust.js';
import type { ApiParts } from './parts.js';

/** How far each region can be trusted, by its name. */
export const trustOfAll = ({ db, config }: Pick<ApiParts, 'db' | 'config'>): Promise<Map<string, Trust>> =>
  trustIn(db, config);

/** Regions without the views that tell their figures, which are proven and yet not to be seen; one that is read for the first time makes them. */
export const doubting = (
  trusts: ReadonlyMap<string, Trust>,
  without: readonly string[],
): ReadonlyMap<string, Trust> =>
  new Map(
    [...trusts].map(([region, trust]) => {
      const isHidden = without.includes(region) && !UNSEEN.has(trust.state);
      return [region, isHidden ? { ...trust, state: 'incomplete', says: HIDDEN } : trust];
    }),
  );

/** Such a region has nothing to show yet, and says so. */
const UNSEEN: ReadonlySet<TrustState> = new Set(['never_read', 'reading', 'not_read', 'interrupted']);
const HIDDEN = 'incomplete: its views are not there, the next run makes them';

/** What is said of regions that do not have what was asked for; nothing where all have it. */
export const missingSays = (regions: readonly string[]): string[] =>
  regions.length === 0 ? [] : [`Without ${listed(regions)}, where this is not there yet: a run makes it.`];
