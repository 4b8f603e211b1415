import type { Finding } from '../sync/finding.js';
import { printable } from './rejects-text.js';
import { count } from './table.js';
import { wrapped } from './wrap.js';

const LEVELS = { ok: 'ok', warn: 'warn', fail: 'FAIL' } as const;
const COLOURS = { ok: 32, warn: 33, fail: 31 } as const;
const NARROWEST = 40;

/** Findings, one line each; on a terminal broken at its width, so that the columns stay. */
export function findingsText(findings: readonly Finding[]): string {
  const names = findings.map(({ region }) => region ?? '');
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = findings.map((finding) => line(finding, width));
  const failed = findings.filter(({ level }) => level === 'fail').length;
  const warned = findings.filter(({ level }) => level === 'warn').length;
  return [...lines, '', verdict(failed, warned), ''].join('\n');
}

function line({ level, region, subject, says, mend }: Finding, width: number): string {
  const head = `${LEVELS[level].padEnd(4)}  ${(region ?? '').padEnd(width)}${width > 0 ? '  ' : ''}${subject.padEnd(SUBJECT)}  `;
  const facts = clean(says);
  const way = mend === undefined ? [] : [`Mend: ${clean(mend)}`];
  const columns = process.stdout.isTTY ? process.stdout.columns - head.length : 0;
  const [first = '', ...rest] =
    columns < NARROWEST
      ? [[facts, ...way].join('. ')]
      : [facts, ...way].flatMap((text) => wrapped(text, columns));
  const coloured = process.stdout.isTTY
    ? `\x1b[${COLOURS[level]}m${head.slice(0, 4)}\x1b[0m${head.slice(4)}`
    : head;
  return [`${coloured}${first}`, ...rest.map((part) => `${' '.repeat(head.length)}${part}`)].join('\n');
}

const clean = (text: string) => printable(text.replace(/\s+/g, ' ')).replace(/\.$/, '');

const SUBJECT = 'database'.length;

function verdict(failed: number, warned: number): string {
  const warnings = warned > 0 ? `${count(warned)} warning${warned === 1 ? '' : 's'}` : '';
  if (failed > 0)
    return `FAILED: ${count(failed)} thing${failed === 1 ? '' : 's'} to mend${warnings && `, ${warnings}`}.`;
  return `A run can work${warnings && `; ${warnings}`}.`;
}
