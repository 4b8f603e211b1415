/** Text as words, so that names are compared whatever their case, spacing, punctuation and width. */
import type { Match } from './profile.js';

const APOSTROPHES = /['’‘‛ʼ′`´＇]/gu;
/** Scripts that put no blanks between words: every sign counts as a word, so that a phrase is found anywhere. */
const UNSPACED =
  /(?=\p{L})[\p{scx=Han}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}]\p{M}*/gu;
/** `2DAYS`, `ATHLETE2` and `Male남자` are two words each. */
const BORDERS = [
  /(\p{L}\p{M}*)(?=\p{N})/gu,
  /(\p{N})(?=\p{L})/gu,
  /(\p{sc=Latin}\p{M}*)(?=(?!\p{sc=Latin})\p{L})/gu,
  /((?!\p{sc=Latin})\p{L}\p{M}*)(?=\p{sc=Latin})/gu,
];

/** Lower-case words with one blank between, before and after them: a phrase stands in a text where its words stand in the text's. */
export function wordsOf(text: string): string {
  // Upper case first, so that ß meets SS, and ı and İ meet I.
  const folded = text
    .replace(APOSTROPHES, '')
    .normalize('NFKC')
    .toUpperCase()
    .toLowerCase()
    .normalize('NFKC')
    .replaceAll('i\u0307', 'i');
  const apart = BORDERS.reduce(
    (joined, border) => joined.replace(border, '$1 '),
    folded.replace(UNSPACED, ' $& '),
  );
  return ` ${apart.replace(/[^\p{L}\p{M}\p{N}]+/gu, ' ').trim()} `;
}

/** Whether a text, given as its words, meets the conditions; their phrases go through `prepare` once. */
export function matcher(
  match: Match,
  prepare: (phrase: string) => string = wordsOf,
): (words: string) => boolean {
  const any = match.any.map(prepare);
  const all = match.all.map(prepare);
  const none = match.none.map(prepare);
  const several = [...new Set(match.several.map(prepare))];
  return (words) => {
    const has = (phrase: string) => words.includes(phrase);
    return (
      (any.length === 0 || any.some(has)) &&
      all.every(has) &&
      !none.some(has) &&
      (several.length === 0 || several.filter(has).length >= 2)
    );
  };
}

/** Text as PostgreSQL takes it: one blank between words, composed, without NUL and half characters. */
export function tidy(text: string): string {
  if (/^[!-~]+(?: [!-~]+)*$/.test(text)) return text;
  return text.toWellFormed().replaceAll('\0', '').normalize('NFC').replace(/\s+/gu, ' ').trim();
}
