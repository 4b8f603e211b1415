import type { RegionConfig } from '../config/config.js';
import type { Profile } from '../profile/profile.js';
import { COUNTRIES } from './countries.js';

/** What the summaries know from the configuration and the profile; `$2` of their SQL, as `jsonb`. */
export interface Facts {
  readonly region: string;
  readonly schema: string;
  readonly settings: readonly { readonly category: string; readonly value: string }[];
  readonly groups: readonly object[];
  readonly ages: readonly object[];
  readonly capacities: readonly object[];
  readonly countries: readonly object[];
}

const numbered = <T extends object>(rows: readonly T[]) =>
  rows.map((row, index) => ({ ...row, position: index + 1 }));

/** The facts of a region under its profile. */
export function factsOf(config: RegionConfig, profile: Profile): Facts {
  const settings = {
    max_capacity: config.maxCapacity,
    start_wave: config.startWave,
    price_tier: config.priceTier,
    price_trigger: config.priceTrigger,
    locality: config.locality,
  };
  return {
    region: config.region,
    schema: config.schema,
    settings: Object.entries(settings).flatMap(([category, value]) =>
      value === null ? [] : [{ category, value: String(value) }],
    ),
    groups: numbered(profile.groups),
    ages: numbered(profile.ages),
    capacities: numbered(profile.capacities),
    countries: COUNTRIES,
  };
}
