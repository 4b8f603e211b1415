/** Separated values as spreadsheets and people write them, with the line that each row stands in. */
import { CsvError, parse } from 'csv-parse/sync';

/** Cells that belong together: nearly always one line. */
export interface SeparatedRow {
  /** Where it begins, from 1. */
  readonly line: number;
  /** Lines that it spans, more than one where a quoted cell goes over several. */
  readonly lines: number;
  /** Null where the quotes do not match. */
  readonly cells: readonly string[] | null;
}

/** Text that its quotes hold together. */
interface Piece {
  readonly line: number;
  readonly lines: number;
  readonly text: string;
}

/** Lines that are parsed at once. */
const BLOCK = 500;

/** The lines of a text, whichever ends they have, mixed ones too. */
export const linesOf = (text: string): string[] => text.split(/\r\n|\n|\r/);

/** How rows are told apart and found. */
export interface Separation {
  /** First line that is read, from 1. */
  readonly from: number;
  readonly delimiter: string;
  /** Whether these cells may stand on several lines; where not, a quote was not closed. */
  readonly mayBreak: (cells: readonly string[]) => boolean;
}

/**
 * The rows of a text from a line on, without blank lines. A line whose quotes do not match stands for itself alone, and reading goes on
 * with the next line: a stray quote takes nothing along.
 */
export function* separatedRows(
  lines: readonly string[],
  { from, delimiter, mayBreak }: Separation,
): Generator<SeparatedRow> {
  for (let line = from; line <= lines.length;) {
    const singles = singlesAt(lines, line);
    line += singles.length;
    yield* rowsOf(
      singles.filter(({ text }) => text.trim() !== ''),
      delimiter,
    );
    if (singles.length > 0) continue;
    const [row] = rowsOf([pieceAt(lines, line)], delimiter);
    const kept = row?.cells && mayBreak(row.cells) ? row : { line, lines: 1, cells: null };
    yield kept;
    line += kept.lines;
  }
}

/** The next pieces of one line each, up to the first that needs more. */
function singlesAt(lines: readonly string[], from: number): Piece[] {
  const pieces: Piece[] = [];
  for (let line = from; line <= lines.length && pieces.length < BLOCK; line++) {
    const piece = pieceAt(lines, line);
    if (piece.lines > 1) break;
    pieces.push(piece);
  }
  return pieces;
}

/** An odd number of quotes leaves one open, up to the next line that has an odd number. */
function pieceAt(lines: readonly string[], line: number): Piece {
  const text = lines[line - 1] ?? '';
  let last = line;
  if (isOdd(text))
    do last += 1;
    while (last <= lines.length && !isOdd(lines[last - 1] ?? ''));
  if (last === line || last > lines.length) return { line, lines: 1, text };
  return { line, lines: last - line + 1, text: lines.slice(line - 1, last).join('\n') };
}

function isOdd(text: string): boolean {
  let odd = false;
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) odd = !odd;
  return odd;
}

/** Parses pieces together; where that fails, each alone, which takes ten times as long and finds the bad ones. */
function rowsOf(pieces: readonly Piece[], delimiter: string): SeparatedRow[] {
  const rows = parsed(pieces.map(({ text }) => text).join('\n'), delimiter);
  if (rows?.length !== pieces.length && pieces.length > 1)
    return pieces.flatMap((piece) => rowsOf([piece], delimiter));
  return pieces.map(({ line, lines }, index) => ({ line, lines, cells: rows?.[index] ?? null }));
}

/** Null for what is not well formed; the parser's own message quotes the text and goes nowhere. */
function parsed(text: string, delimiter: string): string[][] | null {
  try {
    return parse(text, { delimiter, record_delimiter: '\n', trim: true, relax_column_count: true });
  } catch (error) {
    if (error instanceof CsvError) return null;
    throw error;
  }
}
