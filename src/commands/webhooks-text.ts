import type { Heard } from '../load/deliveries.js';
import type { Fault, ShownListener } from '../sync/list-webhooks.js';
import type { Step } from '../sync/register.js';
import type { Region } from '../sync/region.js';
import { takesDeliveries } from '../config/webhooks.js';
import { ago } from './ago.js';
import { invocation } from './invocation.js';
import { printable } from './rejects-text.js';
import { count, table } from './table.js';

/** What was heard of regions; null: not known. */
export type AllHeard = readonly Heard[] | null;

/** What came of asking a key. */
export interface KeyAnswer {
  readonly key_id: string;
  readonly regions: readonly string[];
  /** Why vivenu could not be asked. */
  readonly error?: string;
  readonly listeners?: readonly ShownListener[];
  /** Regions that take deliveries and have no listener. */
  readonly unheard?: readonly string[];
  /** What is done, or would be. */
  readonly steps?: readonly Step[];
  /** Steps that would still have to be taken. */
  readonly left?: readonly Step[];
}

interface Told {
  readonly text: string;
  /** Each thing that is wrong, with its mend. */
  readonly wrong: readonly string[];
}

const LONGEST_NAME = 30;
/** What vivenu keeps was written by others. */
const shown = (text: string) => printable(text).replaceAll('\n', ' ');

/** `webhooks list` as a table, and what is wrong below. */
export function listText(keys: readonly KeyAnswer[], regions: readonly Region[], heard: AllHeard): Told {
  const rows = keys.flatMap(({ listeners = [] }) => listeners.map(rowOf));
  const wrong = keys.flatMap(wrongOf).map(shown);
  const none = 'No listener is registered with these keys.';
  const lines = [
    rows.length > 0 ? table(['Id', 'Name', 'Region', 'Address', 'Types', 'State'], rows) : none,
    '',
    ...regions.map((region) => heardLine(region, heard)),
    '',
    ...wrong,
    ...(wrong.length > 0 ? [''] : []),
    wrong.length > 0 ? `${things(wrong.length)} to mend.` : 'All is right.',
  ];
  return { text: `${lines.join('\n')}\n`, wrong };
}

const things = (n: number) => `${count(n)} thing${n === 1 ? '' : 's'}`;

function rowOf({ id, name, region, url, types, enabled, wrong }: ShownListener) {
  const state = region === null ? 'not ours' : wrong.length > 0 ? 'WRONG' : 'right';
  const off = enabled ? '' : ', off';
  return [
    shown(id),
    shown(name.slice(0, LONGEST_NAME)),
    region,
    shown(url),
    types.length,
    `${state}${region === null ? off : ''}`,
  ];
}

function heardLine({ name, config }: Region, heard: AllHeard): string {
  if (!takesDeliveries(config)) return `${name}: takes no deliveries (no webhook_key)`;
  if (heard === null)
    return `${name}: what was heard is not known, the database does not answer or has no inbox yet`;
  const own = heard.find(({ region }) => region === name);
  if (own === undefined) return `${name}: nothing was heard in 30 days`;
  const open = own.open > 0 ? `; ${count(own.open)} wait to be worked off` : '';
  const failed = own.failed > 0 ? `; ${count(own.failed)} could not be stored` : '';
  return `${name}: ${count(own.day)} deliveries heard in 24 h, the last ${ago(own.last, new Date())}${open}${failed}`;
}

function wrongOf({ regions, error, listeners = [], unheard = [] }: KeyAnswer): string[] {
  if (error !== undefined) return [`${regions.join(', ')}: ${error}`];
  return [
    ...listeners.flatMap(({ id, region, wrong }) =>
      wrong.map(({ says, mend }) => `${region ?? ''}, ${id}: ${says}. Mend: ${mendOf({ id, region, mend })}`),
    ),
    ...unheard.map((region) => `${region}: no listener tells of it. Mend: ${register()}`),
  ];
}

const register = () => `${invocation()} webhooks register --url <where serve is reached>`;

function mendOf({ id, region, mend }: Pick<ShownListener, 'id' | 'region'> & Pick<Fault, 'mend'>): string {
  if (mend === 'remove') return `${invocation()} webhooks remove --id ${id}`;
  return mend === 'configure' ? `set EVENT_CONFIGS__${region ?? ''}__webhook_key` : register();
}

const DONE = { leave: 'right', make: 'made', change: 'changed', remove: 'removed' } as const;
const PLANNED = { leave: 'right', make: 'to make', change: 'to change', remove: 'to remove' } as const;

/** What `register` and `remove` did, or would do. */
export function stepsText(
  keys: readonly KeyAnswer[],
  { done, more }: { readonly done: boolean; readonly more: readonly string[] },
): Told {
  const steps = keys.flatMap((key) => key.steps ?? []);
  const wrong = [
    ...keys.flatMap(({ regions, error }) => (error === undefined ? [] : [`${regions.join(', ')}: ${error}`])),
    ...keys
      .flatMap((key) => key.left ?? [])
      .map(
        ({ region, url, why }) =>
          `${region ?? ''}: vivenu did not take it, ${url} is ${why.length > 0 ? `still wrong (${why.join('; ')})` : 'not there'}`,
      ),
    ...more,
  ];
  const says = done ? DONE : PLANNED;
  const rows = steps.map((step) => [
    step.region,
    says[step.does],
    step.id,
    shown(step.url),
    shown(step.why.join('; ')),
  ]);
  const left = steps.filter(({ does }) => does !== 'leave').length;
  const lines = [
    ...(rows.length > 0 ? [table(['Region', 'Listener', 'Id', 'Address', 'Why'], rows), ''] : []),
    ...steps.flatMap(othersOf).map(shown),
    ...wrong,
    verdict({ left, done, failed: wrong.length > 0 }),
  ];
  return { text: `${lines.join('\n')}\n`, wrong };
}

const othersOf = ({ region, others }: Step) =>
  others.map(
    ({ id, url }) =>
      `${region ?? ''}: ${id} leads to ${url} as well. If that is not wanted: ${invocation()} webhooks remove --id ${id}`,
  );

function verdict({ left, done, failed }: { left: number; done: boolean; failed: boolean }): string {
  if (failed) return 'FAILED.';
  if (left === 0) return 'Nothing is to be done.';
  return done ? 'Done.' : `Nothing was done yet: say --yes to do it.`;
}
