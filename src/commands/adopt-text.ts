import type { RegionConfig } from '../config/config.js';
import { duplicatesOf } from '../adopt/apart.js';
import type { TableWork } from '../adopt/plan.js';
import { pythonSchema, pythonViews } from '../adopt/python.js';
import type { Looked } from '../adopt/run.js';
import type { SurveyedWork } from '../adopt/survey.js';
import type { Adoption } from '../adopt/adopt.js';
import type { Database } from '../load/client.js';
import type { Region } from '../sync/region.js';
import { invocation } from './invocation.js';
import { count } from './table.js';
import { wrapped } from './wrap.js';

interface Told {
  readonly region: Region;
  readonly looked: Looked;
  readonly warnings: readonly string[];
  readonly rehearsed: boolean;
}

const WIDTH = 118;
const LABEL = 13;

/** What is worth a thought before a schema is taken over. */
export function warningsOf(config: RegionConfig, looked: Looked, given: string | undefined): string[] {
  const { setting, survey, lateMinutes, sessionZone } = looked;
  if (survey.works.length === 0) return [];
  const tickets = survey.works.find(({ work }) => work.spec.name === 'tickets')?.work;
  return [
    ...zoneWarnings(setting.zone, given, sessionZone),
    ...(lateMinutes !== null && Math.abs(lateMinutes) > 15
      ? [
          `Taken as ${setting.zone}, the tickets were made ${duration(lateMinutes)} ${lateMinutes > 0 ? 'after' : 'before'} the time that vivenu ` +
            `put into their ids: the Python system most likely wrote in a zone ${duration(lateMinutes)} ${lateMinutes > 0 ? 'ahead of' : 'behind'} ${setting.zone}.`,
        ]
      : []),
    ...(config.profile.columns['gender'] === undefined && tickets?.found.columns.has('gender')
      ? [
          `The profile of ${config.region} is ${config.profile.name}, which says nothing of gender, clubs and the like: the next run would ` +
            `empty those columns. The rules of the Python system are the profile hyrox: EVENT_CONFIGS__${config.region}__profile=hyrox`,
        ]
      : []),
    ...(setting.streams.some(({ shape }) => shape.stream.name === 'tickets' && shape.never.has('barcode')) &&
    tickets?.found.columns.has('barcode')
      ? [
          'The Python system kept barcodes, each of which opens a gate: the next run empties them, unless STORE_BARCODES=true.',
        ]
      : []),
  ];
}

function zoneWarnings(zone: string, given: string | undefined, sessionZone: string | null): string[] {
  if (given !== undefined) return [];
  const wrote =
    sessionZone === null
      ? ''
      : ` This server gives this user sessions in ${sessionZone}, as it most likely gave the Python system: --timezone ${sessionZone}`;
  return [
    `Times without a zone are taken as ${zone}, since no --timezone was given. They were written in the zone of the Python system’s database ` +
      `sessions (psql says it: show timezone); if that was another one, every time and the whole sales history would be off by the difference.${wrote}`,
  ];
}

const duration = (minutes: number) => {
  const whole = Math.abs(minutes);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')} h`;
};

/** What would be done, for the question. */
export function planText(region: Region, { setting, survey }: Looked, warnings: readonly string[]): string {
  const { views, indexes, triggers } = survey.dependents;
  return [
    `Taking over schema "${setting.schema}" of region ${region.name}, times without a zone as ${setting.zone}:`,
    '',
    ...survey.works.flatMap((one) => [...tableLines(one, one.work.adds), '']),
    ...line('views', views.map(({ name }) => name).join(', '), 'are made again'),
    ...line('indexes', indexes.map(({ name }) => name).join(', '), 'are made again'),
    ...line(
      'triggers',
      names(triggers.filter(({ restore }) => restore.length === 0)),
      'of the Python system are dropped',
    ),
    ...line('left alone', survey.others.join(', '), ''),
    ...warningLines(warnings),
    '',
  ].join('\n');
}

const names = (list: readonly { readonly name: string }[]) =>
  [...new Set(list.map(({ name }) => name))].join(', ');

/** What was done, or tried. */
export function adoptionText(told: Told, adoption: Adoption): string {
  const { region, looked, warnings, rehearsed } = told;
  const proven = new Map(adoption.tables.map((table) => [table.name, table.digest]));
  const what = rehearsed ? 'Tried and undone' : 'Taken over';
  return [
    `${what}: schema "${looked.setting.schema}" of region ${region.name}, times without a zone as ${looked.setting.zone}.`,
    '',
    ...adoption.survey.works.flatMap((one) => {
      const { name } = one.work.spec;
      const digest = proven.get(name);
      const proof = digest ? `${count(digest.rows)} rows, checksum ${digest.md5} before and after` : '';
      return [...tableLines(one, adoption.added.get(name) ?? []), ...line('proof', proof, ''), ''];
    }),
    ...dependentLines(looked, adoption),
    ...line('left alone', adoption.survey.others.join(', '), ''),
    ...warningLines(warnings),
    '',
    rehearsed
      ? 'Nothing was changed. To do it: back up, then the same without --dry-run.'
      : `Next: ${invocation()} run --region ${region.name}`,
    '',
  ].join('\n');
}

function dependentLines({ setting }: Looked, { survey, restored, views }: Adoption): string[] {
  const made = {
    python: 'made again over the compatibility views: its numbers stay',
    tables: 'made again over the tables',
  };
  const dropped = survey.dependents.triggers.filter(({ restore }) => restore.length === 0);
  return [
    ...line('old queries', `search_path "${pythonSchema(setting.schema)}" (${views.length} views)`, ''),
    ...restored.views.flatMap(({ name, reads }) => line('view', name, made[reads])),
    ...restored.lostIndexes.flatMap(({ name, definition, reason }) =>
      line(
        'index',
        name,
        `is gone, since it cannot be made on the new types (${reason}). It was: ${definition}`,
      ),
    ),
    ...line('triggers', names(dropped), 'of the Python system dropped'),
  ];
}

function tableLines({ work, rows, apart, unreadable }: SurveyedWork, added: readonly string[]): string[] {
  const more = added.length > 8 ? [...added.slice(0, 6), `and ${added.length - 6} more`] : added;
  return [
    `${work.spec.name}: ${count(rows)} row${rows === 1 ? '' : 's'}`,
    ...conversionLines(work, unreadable),
    ...line('added', more.join(', '), ''),
    ...line(
      'set apart',
      apart > 0 ? `${count(apart)} rows that say the same as a later one, kept in ${duplicatesOf(work)}` : '',
      '',
    ),
    ...line(
      'dropped',
      work.drops
        .map(
          ({ kind, name, table }) => `${kind} ${name}${table.endsWith(work.spec.name) ? '' : ` of ${table}`}`,
        )
        .join(', '),
      '',
    ),
    ...line('key', work.newKey ? work.spec.key.join(', ') : '', ''),
    ...line('may be empty', work.loosened.join(', '), ''),
  ];
}

/** Columns that change alike in one line. */
function conversionLines(work: TableWork, unreadable: SurveyedWork['unreadable']): string[] {
  const changes = new Map<string, string[]>();
  for (const { column, from, to } of work.conversions) {
    if (from === to) continue;
    const bad = unreadable.find((one) => one.column === column);
    const note = bad
      ? ` (${count(bad.count)} cannot be read: ${to === 'date' ? 'empty, the text stays in raw' : 'kept as a JSON string'})`
      : '';
    const change = `${from} → ${to}${note}`;
    changes.set(change, [...(changes.get(change) ?? []), column]);
  }
  return [...changes].flatMap(([change, columns]) =>
    line('converted', `${columns.join(', ')}: ${change}`, ''),
  );
}

function line(label: string, what: string, how: string): string[] {
  if (what === '') return [];
  return wrapped(`${what} ${how}`.trim(), WIDTH - LABEL - 2).map(
    (text, index) => `  ${(index === 0 ? label : '').padEnd(LABEL)}${text}`,
  );
}

const warningLines = (warnings: readonly string[]) =>
  warnings.flatMap((warning) => ['', ...wrapped(`! ${warning}`, WIDTH)]);

/** What was done, or tried, for programs. */
export function adoptionJson({ region, looked, warnings, rehearsed }: Told, adoption: Adoption): object {
  const { survey, restored, views, added, tables } = adoption;
  const { setting } = looked;
  const proven = new Map(tables.map((table) => [table.name, table]));
  return {
    status: 'complete',
    ...(rehearsed ? { dry_run: true } : {}),
    region: region.name,
    schema: setting.schema,
    timezone: setting.zone,
    tables: survey.works.map(({ work, rows, apart, unreadable }) => ({
      table: work.spec.name,
      rows,
      converted: work.conversions
        .filter(({ from, to }) => from !== to)
        .map(({ column, from, to }) => ({ column, from, to })),
      unreadable,
      added: added.get(work.spec.name) ?? [],
      set_apart: apart,
      set_apart_in: proven.get(work.spec.name)?.beside ?? null,
      dropped: work.drops.map(({ kind, name }) => `${kind} ${name}`),
      may_be_empty: work.loosened,
      primary_key: work.spec.key,
      rows_after: proven.get(work.spec.name)?.digest.rows ?? null,
      checksum: proven.get(work.spec.name)?.digest.md5 ?? null,
    })),
    python_schema: pythonSchema(setting.schema),
    python_views: views,
    views: restored.views,
    lost_indexes: restored.lostIndexes,
    dropped_triggers: survey.dependents.triggers
      .filter(({ restore }) => restore.length === 0)
      .map(({ name, table }) => `${name} on ${table}`),
    left_alone: survey.others,
    warnings,
  };
}

/** What to say of a schema to which nothing has to be done. */
export async function doneText(db: Database, schema: string): Promise<string> {
  const made = await db.transaction((client) => pythonViews(client, schema));
  return made
    ? `Schema "${schema}" was taken over already, with times in ${made.timezone}; old queries run with search_path "${pythonSchema(schema)}".`
    : `The tables in schema "${schema}" are vivenu-ingest's own: there is nothing to take over.`;
}
