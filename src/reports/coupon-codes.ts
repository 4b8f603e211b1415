/** The list of coupon codes that were handed out. A code is worth money: problems name lines, never what stands there. */
import { FatalError } from '../errors.js';
import type { CouponCode } from '../load/coupon-codes.js';
import { linesOf, separatedRows, type SeparatedRow } from './separated.js';
import { readText, UNREADABLE } from './text-file.js';

/** Something about a line that the user should mend. */
export interface CodeProblem {
  /** Of the file, from 1. */
  readonly line: number;
  readonly says: string;
}

/** What a list holds: distinct codes in the order of the file, and what is wrong with its other lines. */
export interface CouponCodeList<Problem = CodeProblem> {
  readonly codes: readonly CouponCode[];
  readonly problems: readonly Problem[];
}

/** Characters of a code, at most. */
const LONGEST = 200;
const DELIMITERS = [',', ';', '\t'];
const MEND = 'mend the file, or EVENT_CONFIGS__<region>__coupon_codes';

/** Where the columns are. */
interface Header {
  readonly delimiter: string;
  /** First line below it. */
  readonly below: number;
  readonly code: number;
  /** -1: there is none. */
  readonly category: number;
}

/**
 * Reads a list of handed-out codes with the header `Code, Category`; further columns are not looked at. A bad line is a problem and takes
 * no other along; of a repeated code the first line counts. Throws a FatalError when the file cannot be read or has no such header.
 */
export async function readCouponCodes(path: string): Promise<CouponCodeList> {
  const lines = linesOf(await readText(path, MEND));
  const { code, category, delimiter, below } = headerOf(lines, path);
  const breaks = (cell: string | undefined) => cell?.includes('\n') === true;
  const mayBreak = (cells: readonly string[]) => !breaks(cells[code]) && !breaks(cells[category]);
  const codes = new Map<string, CouponCode>();
  const problems: CodeProblem[] = [];
  for (const row of separatedRows(lines, { from: below, delimiter, mayBreak })) {
    const says = wrongWith(row, row.cells?.[code]?.trim() ?? '', lines[row.line - 1] ?? '');
    if (says !== null) problems.push({ line: row.line, says });
    if (says !== null || row.cells === null || isBlank(row.cells)) continue;
    const entry = entryOf(row.line, row.cells[code] ?? '', row.cells[category] ?? '');
    const first = codes.get(entry.code);
    if (first === undefined) codes.set(entry.code, entry);
    const remark = first === undefined ? odd(entry) : twin(first, entry, `line ${first.line}`);
    if (remark !== null) problems.push({ line: row.line, says: remark });
  }
  return { codes: [...codes.values()], problems };
}

/** Reads several lists as one: of a code that is in two of them the first counts. Throws as `readCouponCodes` does. */
export async function readCouponLists(
  paths: readonly string[],
): Promise<CouponCodeList<CodeProblem & { readonly path: string }>> {
  const codes = new Map<string, { path: string; entry: CouponCode }>();
  const problems: (CodeProblem & { readonly path: string })[] = [];
  for (const path of paths) {
    const list = await readCouponCodes(path);
    for (const problem of list.problems) problems.push({ path, ...problem });
    for (const entry of list.codes) {
      const first = codes.get(entry.code);
      if (first === undefined) codes.set(entry.code, { path, entry });
      else {
        const says = twin(first.entry, entry, `line ${first.entry.line} of ${first.path}`);
        problems.push({ path, line: entry.line, says });
      }
    }
  }
  return { codes: [...codes.values()].map(({ entry }) => entry), problems };
}

/** Slashes and blanks become hyphens, and of several hyphens one is left, as reports of old have it. */
const entryOf = (line: number, code: string, category: string): CouponCode => ({
  code: code.trim(),
  category: category.trim().replace(/[\s/-]+/g, '-'),
  line,
});

const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === '');

/** Why a row has no code to take, or null; `text` is its first line. */
function wrongWith({ cells }: SeparatedRow, code: string, text: string): string | null {
  if (text.includes('\0') || cells?.some((cell) => cell.includes('\0'))) return 'holds a NUL character';
  if (cells === null) return 'its quotes do not match';
  if (isBlank(cells)) return null;
  if (code === '') return 'has no code';
  if (code.includes(UNREADABLE)) return 'its code holds what is no UTF-8: save the file as CSV UTF-8';
  if (code.length > LONGEST)
    return `its code is ${code.length} characters long, and may be ${LONGEST} at most`;
  return null;
}

const odd = ({ category }: CouponCode) =>
  category.includes(UNREADABLE) ? 'its category holds what is no UTF-8: save the file as CSV UTF-8' : null;

const twin = (first: CouponCode, again: CouponCode, place: string) =>
  first.category === again.category
    ? `has the code of ${place} again`
    : `has the code of ${place} with another category: that of ${place} counts`;

/** Finds the header behind blank lines and the `sep=` with which spreadsheets name their delimiter. */
function headerOf(lines: readonly string[], path: string): Header {
  const fail = (what: string) => new FatalError(`${path} ${what}; ${MEND}`);
  let line = lines.findIndex((text) => text.trim() !== '') + 1;
  if (line === 0) throw fail('is empty');
  const named = /^"?sep=([^"])"?$/i.exec(lines[line - 1] ?? '')?.[1];
  if (named !== undefined) line += 1;
  if (lines[line - 1]?.includes('\0'))
    throw fail(`line ${line} holds NUL characters: save the file as CSV UTF-8`);
  const alone = lines.slice(line - 1, line);
  const tried = (named === undefined ? DELIMITERS : [named]).map((delimiter) => {
    const [row] = separatedRows(alone, { from: 1, delimiter, mayBreak: () => false });
    return { delimiter, cells: row === undefined ? [] : row.cells };
  });
  for (const { delimiter, cells } of tried) {
    const names = (cells ?? []).map((cell) => cell.trim().toLowerCase());
    const [code, category] = [names.indexOf('code'), names.indexOf('category')];
    if (code < 0) continue;
    if (names.lastIndexOf('code') > code || names.lastIndexOf('category') > category)
      throw fail(`line ${line} names Code or Category twice`);
    return { delimiter, below: line + 1, code, category };
  }
  const broken = tried.every(({ cells }) => cells === null);
  throw fail(
    broken
      ? `line ${line}, the header: its quotes do not match, or a cell goes over several lines`
      : `line ${line} is no header with a column Code: put "Code,Category" above the codes`,
  );
}
