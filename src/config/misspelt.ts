/** Variables of the environment that are misspelt ones of ours. */
import { distance } from '../nearest.js';
import { SETTINGS } from './settings.js';

/** Names that people write for ours, too far off for the edit distance. */
const ALIASES: Readonly<Record<string, string>> = {
  POSTGRES_DATABASE: 'POSTGRES_DB',
  POSTGRES_USERNAME: 'POSTGRES_USER',
  POSTGRES_PASS: 'POSTGRES_PASSWORD',
  POSTGRES_URL: 'DATABASE_URL',
};

/** Variables that are none of ours but look like one, such as HTTP_RETRYS. */
export function misspelt(names: readonly string[]): { name: string; says: string }[] {
  const known = Object.keys(SETTINGS);
  return names
    .filter((name) => !known.includes(name) && !/^event_configs__/i.test(name))
    .flatMap((name) => {
      const upper = name.toUpperCase();
      const right =
        ALIASES[upper] ?? known.find((candidate) => isSlip(upper, candidate)) ?? prefixSlip(upper);
      return right === null
        ? []
        : [{ name, says: `${name} is not a variable of vivenu-ingest: did you mean ${right}?` }];
    });
}

/** Short names differ by a letter and mean something else (POSTGRES_URL, HTTP_PROXY), so the part behind the first _ sets the limit. */
function isSlip(name: string, right: string): boolean {
  const tail = right.slice(right.indexOf('_') + 1);
  return distance(name, right) <= Math.min(2, Math.floor(tail.length / 3));
}

function prefixSlip(name: string): string | null {
  const prefix = name.slice(0, name.indexOf('__'));
  return name.includes('__') && distance(prefix, 'EVENT_CONFIGS') <= 2
    ? 'EVENT_CONFIGS__<region>__<key>'
    : null;
}
