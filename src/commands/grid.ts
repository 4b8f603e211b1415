import type { Column } from '../reports/export-text.js';
import { cut, displayWidth, harmless, pad } from './width.js';

/** A cell of a column of text is never cut below this. */
const NARROWEST = 8;
/** A cell that does not go to a terminal is cut here. */
const WIDEST = 80;
const GAP = '  ';

export interface Grid {
  readonly text: string;
  /** Whether a cell was cut. */
  readonly cut: boolean;
}

/**
 * Rows as a table that fits `width` (null: not a terminal). Numbers are never cut; when the columns do not fit even with
 * their texts cut, each row becomes a list of its columns.
 */
export function grid(
  columns: readonly Column[],
  rows: readonly (readonly (string | null)[])[],
  { width, bold }: { width: number | null; bold: boolean },
): Grid {
  const texts = rows.map((row) => row.map((value) => (value === null ? '–' : harmless(value))));
  const names = columns.map(({ name }) => harmless(name));
  const natural = names.map((name, i) =>
    Math.max(displayWidth(name), ...texts.map((row) => displayWidth(row[i] ?? ''))),
  );
  const widths = fit(columns, natural, width);
  if (widths === null) return list(names, texts, { width: width ?? WIDEST, bold });
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const room = widths[i] ?? 0;
        return pad(cut(cell, room), room, columns[i]?.kind === 'number' ? 'left' : 'right');
      })
      .join(GAP)
      .trimEnd();
  const head = line(names);
  const body = texts.map((row) => `${line(row)}\n`).join('');
  return {
    text: `${bold ? emphasised(head) : head}\n${body}`,
    cut: natural.some((needed, i) => needed > (widths[i] ?? 0)),
  };
}

const emphasised = (text: string) => `\u001b[1m${text}\u001b[22m`;

/** The widest columns give way first; null when that does not suffice. */
function fit(columns: readonly Column[], natural: readonly number[], width: number | null): number[] | null {
  const gaps = GAP.length * (natural.length - 1);
  const capped = (cap: number) =>
    natural.map((needed, i) => (columns[i]?.kind === 'number' ? needed : Math.min(needed, cap)));
  if (width === null) return capped(WIDEST);
  for (let cap = Math.max(NARROWEST, ...natural); cap >= NARROWEST; cap--) {
    const widths = capped(cap);
    if (widths.reduce((sum, one) => sum + one, gaps) <= width) return widths;
  }
  return null;
}

function list(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  { width, bold }: { width: number; bold: boolean },
): Grid {
  const label = Math.min(Math.max(...names.map(displayWidth)), Math.floor(width / 2));
  const room = Math.max(NARROWEST, width - label - GAP.length);
  const blocks = rows.map((row, number) => {
    const title = `row ${number + 1}`;
    const lines = row.map(
      (cell, i) => pad(cut(names[i] ?? '', label), label, 'right') + GAP + cut(cell, room),
    );
    return `${[bold ? emphasised(title) : title, ...lines].join('\n')}\n`;
  });
  return { text: blocks.join('\n'), cut: rows.some((row) => row.some((cell) => displayWidth(cell) > room)) };
}
