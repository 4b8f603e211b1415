import type { Rows as Answer } from '../../../src/server/api/types.js';
import { Files } from '../parts/Files.js';
import { Failed, Loading } from '../parts/States.js';
import { clock, exact, LOCALE, OWN_ZONE, whole, zoned } from '../shell/format.js';
import { go, href, useRoute } from '../shell/router.js';
import { useAnswer } from '../shell/store.js';
import { Filters } from './Filters.js';

type Column = Answer['columns'][number];
type Cell = Answer['rows'][number][number];

const numbers = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });

/** The rows that a figure is made of: sorted, filtered and paged by the address, and the same as a file. */
export function Rows() {
  const { path, query } = useRoute();
  const report = path[1] ?? '';
  const asked = Object.fromEntries(query);
  const { answer, failed, at, reload } = useAnswer<Answer>(
    href(`/rows/${encodeURIComponent(report)}`, asked),
  );
  const shown = at === null ? null : clock(new Date(at).toISOString(), OWN_ZONE);
  const set = (more: Record<string, string | null>) =>
    go(href(location.pathname, { ...asked, after: null, ...more }));
  const { after, sort, ...filters } = asked;
  const file = (format: string) =>
    href(`/api/v1/rows/${encodeURIComponent(report)}.${format}`, { ...filters, sort });
  if (answer === null)
    return failed === null ? <Loading rows={10} /> : <Failed says={failed} shown={shown} reload={reload} />;
  return (
    <>
      {failed !== null && <Failed says={failed} shown={shown} reload={reload} />}
      <section class="card" aria-label={answer.title}>
        <header>
          <h1>{answer.title}</h1>
          <span class="notes quiet">{/^[^?]*\?/.exec(answer.question ?? '')?.[0]}</span>
          <span class="tools small">
            <Files at={file} />
          </span>
        </header>
        <p class={answer.missing.length > 0 ? 'verdict is-warn' : 'quiet small'}>
          {answer.total === null ? 'More than a hundred' : whole(answer.total)} rows. {answer.trust_says}
        </p>
        <Filters answer={answer} filters={filters} set={set} />
        <Table answer={answer} sort={sort ?? null} set={set} />
        <div class="segments" hidden={after === undefined && answer.next === null}>
          <button type="button" disabled={after === undefined} onClick={() => set({})}>
            First 100
          </button>
          <button type="button" disabled={answer.next === null} onClick={() => set({ after: answer.next })}>
            Next 100
          </button>
        </div>
      </section>
    </>
  );
}

interface TableProps {
  readonly answer: Answer;
  readonly sort: string | null;
  readonly set: (more: Record<string, string | null>) => void;
}

const Table = ({ answer, sort, set }: TableProps) => (
  <div class="scrolls" role="region" aria-label="Rows, a table" tabIndex={0}>
    <table class="plain">
      <thead>
        <tr>
          {answer.columns.map((column) => (
            <Head key={column.name} column={column} sort={sort} set={set} />
          ))}
        </tr>
      </thead>
      <tbody>
        {answer.rows.map((row, n) => (
          <tr key={n}>
            {row.map((cell, place) => {
              const column = answer.columns[place];
              return column === undefined ? null : (
                <td key={column.name} class={column.type === 'number' ? 'number' : undefined}>
                  {cellOf(column, cell, answer.zones[n] ?? OWN_ZONE)}
                </td>
              );
            })}
          </tr>
        ))}
        {answer.rows.length === 0 && (
          <tr>
            <td colSpan={answer.columns.length} class="quiet">
              No row is like this.
            </td>
          </tr>
        )}
      </tbody>
    </table>
  </div>
);

function Head({
  column: { name, type, meaning },
  sort,
  set,
}: { readonly column: Column } & Omit<TableProps, 'answer'>) {
  const isSorted = sort?.replace(/^-/, '') === name;
  const isDown = isSorted && sort.startsWith('-');
  return (
    <th
      scope="col"
      class={type === 'number' ? 'number' : undefined}
      aria-sort={isSorted ? (isDown ? 'descending' : 'ascending') : 'none'}
    >
      <button
        type="button"
        class="more small"
        title={meaning ?? undefined}
        onClick={() => set({ sort: isSorted && !isDown ? `-${name}` : name })}
      >
        {name.replaceAll('_', ' ')}
        {isSorted && (isDown ? ' ↓' : ' ↑')}
      </button>
    </th>
  );
}

function cellOf({ type }: Column, cell: Cell, zone: string) {
  if (cell === null) return <span class="quiet">–</span>;
  if (type === 'number') return numbers.format(Number(cell));
  if (type === 'boolean') return cell === true ? 'yes' : 'no';
  if (type === 'time' && typeof cell === 'string')
    return (
      <time dateTime={cell} title={exact(cell, OWN_ZONE)}>
        {zoned(cell, zone)}
      </time>
    );
  // Midnight of nowhere: the day is what it says.
  return type === 'day' ? String(cell).slice(0, 10) : String(cell);
}
