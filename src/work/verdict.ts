import type { Trust, TrustState } from './trust.js';

/** Which regions not to believe. */
export interface Verdict {
  readonly tone: 'ok' | 'info' | 'warn' | 'bad';
  /** A sentence. */
  readonly says: string;
  /** The worst of them; null: there is none. */
  readonly region: string | null;
  readonly run_id: string | null;
}

/** The worst first. */
const ORDER: readonly TrustState[] = [
  'not_read',
  'incomplete',
  'interrupted',
  'stale',
  'never_read',
  'waiting',
  'reading',
  'complete',
];
const TONES: Readonly<Partial<Record<TrustState, Verdict['tone']>>> = {
  not_read: 'bad',
  incomplete: 'warn',
  interrupted: 'warn',
  stale: 'warn',
  never_read: 'info',
};
/** Regions that are named; the others are a number. */
const NAMED = 3;

/** Which regions not to believe, and why, as one sentence. */
export function verdictOf(trusts: ReadonlyMap<string, Trust>, now = Date.now()): Verdict {
  const all = [...trusts].map(([region, trust]) => ({ region, trust }));
  const doubtful = all
    .filter(({ trust }) => TONES[trust.state] !== undefined)
    .sort((a, b) => ORDER.indexOf(a.trust.state) - ORDER.indexOf(b.trust.state));
  const [worst] = doubtful;
  if (worst === undefined) return { tone: 'ok', says: allWell(all, now), region: null, run_id: null };
  const named = doubtful
    .slice(0, NAMED)
    .map(({ region, trust }) => `${region} ${trust.state === 'never_read' ? 'was' : 'is'} ${phrase(trust)}`);
  const more = doubtful.length > NAMED ? `, and ${doubtful.length - NAMED} more` : '';
  const begins =
    worst.trust.state === 'never_read'
      ? `${share(doubtful.length, all.length)} ${doubtful.length === 1 ? 'was' : 'were'} never read: `
      : `Do not trust ${share(doubtful.length, all.length)} yet: `;
  const list = worst.trust.state === 'never_read' ? namesOf(doubtful) : `${named.join('; ')}${more}`;
  const cause = doubtful.length === 1 && worst.trust.cause !== null ? ` (${worst.trust.cause})` : '';
  return {
    tone: TONES[worst.trust.state] ?? 'warn',
    says: `${begins}${list}${cause}.`,
    region: worst.region,
    run_id: worst.trust.run_id,
  };
}

interface Named {
  readonly region: string;
  readonly trust: Trust;
}

const namesOf = (regions: readonly Named[]) => listed(regions.map(({ region }) => region));

/** The first of these names, and how many more there are. */
export const listed = (names: readonly string[]) =>
  `${names.slice(0, NAMED).join(', ')}${names.length > NAMED ? `, and ${names.length - NAMED} more` : ''}`;

const share = (some: number, all: number) =>
  some === all ? (all === 1 ? 'the region' : `any of the ${all} regions`) : `${some} of ${all} regions`;

/** "incomplete, 37 short" reads on as "37 short". */
const phrase = ({ state, says }: Trust) =>
  state === 'incomplete' ? says.replace(/^incomplete, /, '') : says;

function allWell(all: readonly Named[], now: number): string {
  if (all.length === 0) return 'No region is configured.';
  const ages = all.flatMap(({ trust }) =>
    trust.since === null ? [] : [Math.max(0, Math.floor((now - Date.parse(trust.since.at)) / 60_000))],
  );
  const [least, most] = [Math.min(...ages), Math.max(...ages)];
  const who = all.length === 1 ? `${all[0]?.region ?? ''} is` : `All ${all.length} regions are`;
  if (ages.length === 0) return `${who} being read.`;
  const age =
    most === 0
      ? 'just now'
      : least === most
        ? `${minutes(most)} ago`
        : `${minutes(least)} to ${minutes(most)} ago`;
  return `${who} complete, proven ${age}.`;
}

const minutes = (count: number) => (count < 120 ? `${count} min` : `${Math.floor(count / 60)} h`);
