/** All variables as data, so that README and `check` can be tested against them. */
import { REGION_KEYS } from './regions.js';
import { SETTINGS, type Setting } from './settings.js';

/** One variable of the environment. */
export interface Variable {
  /** `EVENT_CONFIGS__<region>__token` stands for one per region. */
  readonly name: string;
  /** What counts when it is not set, or null. */
  readonly default: string | null;
  readonly meaning: string;
  /** Its value appears in no message. */
  readonly secret: boolean;
}

/** Every variable that is read. */
export const VARIABLES: readonly Variable[] = [
  ...Object.entries<Setting<unknown>>(SETTINGS).map(([name, { initial, meaning, secret }]) => ({
    name,
    default: initial === '' ? null : initial,
    meaning,
    secret: secret === true,
  })),
  ...Object.entries(REGION_KEYS).map(([key, { initial, meaning, secret }]) => ({
    name: `EVENT_CONFIGS__<region>__${key}`,
    default: initial,
    meaning,
    secret: secret === true,
  })),
];
