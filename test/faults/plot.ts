/** Line pictures as SVG, and SVG as PNG, without a browser. */
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';

export interface Line {
  readonly name: string;
  readonly colour: string;
  /** A null breaks the line. */
  readonly points: readonly (readonly [x: number, y: number | null])[];
  readonly as?: 'line' | 'dots' | 'bars';
}

/** A moment that something happened, across all panels. */
export interface Mark {
  readonly x: number;
  readonly colour: string;
  readonly dashed?: boolean;
}

export interface Panel {
  readonly title: string;
  readonly lines: readonly Line[];
  /** Where the axis begins. @default 0 */
  readonly from?: number;
}

export interface Picture {
  readonly title: string;
  readonly panels: readonly Panel[];
  readonly marks: readonly Mark[];
  /** What the marks are, for the legend. */
  readonly markNames: readonly {
    readonly name: string;
    readonly colour: string;
    readonly dashed?: boolean;
  }[];
  /** Minutes. */
  readonly most: number;
}

const WIDTH = 1200;
const PANEL = 190;
const GAP = 44;
const [LEFT, RIGHT, TOP, BOTTOM] = [80, 24, 92, 48];
const INK = '#333333';
const FAINT = '#dddddd';

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
const round = (value: number) => Math.round(value * 10) / 10;

interface Frame {
  readonly top: number;
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

/** The picture as SVG. */
export function svgOf(picture: Picture): string {
  const height = TOP + picture.panels.length * (PANEL + GAP) + BOTTOM - GAP;
  const x = (value: number) => round(LEFT + (value / picture.most) * (WIDTH - LEFT - RIGHT));
  const panels = picture.panels.map((panel, i) =>
    panelOf(picture, panel, { x, top: TOP + i * (PANEL + GAP) }),
  );
  const bottom = height - BOTTOM;
  const ticks = steps(0, picture.most, 11)
    .filter((value) => value <= picture.most)
    .map((value) => text(x(value), bottom + 18, String(value), { anchor: 'middle' }));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="DejaVu Sans" font-size="13" fill="${INK}">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    text(LEFT, 30, picture.title, { size: 17 }),
    legend(picture.markNames, LEFT, 56),
    ...panels,
    ...ticks,
    text((LEFT + WIDTH - RIGHT) / 2, bottom + 38, 'minutes', { anchor: 'middle' }),
    '</svg>',
  ].join('\n');
}

function panelOf({ marks, most }: Picture, panel: Panel, { x, top }: Pick<Frame, 'x' | 'top'>): string {
  const values = panel.lines.flatMap(({ points }) => points.flatMap(([, value]) => value ?? []));
  const from = panel.from ?? 0;
  const scale = steps(from, Math.max(from + 1, ...values));
  const [low, high] = [scale[0] ?? 0, scale.at(-1) ?? 1];
  const y = (value: number) => round(top + PANEL - ((value - low) / (high - low)) * PANEL);
  const frame = { x, y, top };
  return [
    text(LEFT, top - 10, panel.title, { weight: 'bold' }),
    legend(panel.lines, LEFT + 16 + 8.2 * panel.title.length, top - 10),
    ...scale.map((value) => rule({ x1: x(0), x2: x(most), y1: y(value), y2: y(value), colour: FAINT })),
    ...scale.map((value) => text(LEFT - 8, y(value) + 4, thousands(value), { anchor: 'end' })),
    ...marks.map((mark) => rule({ ...mark, x1: x(mark.x), x2: x(mark.x), y1: top, y2: top + PANEL })),
    ...panel.lines.map((line) => drawn(line, frame)),
  ].join('\n');
}

function drawn({ points, colour, as = 'line' }: Line, { x, y, top }: Frame): string {
  const there = points.flatMap(([at, value]) => (value === null ? [] : [[at, value] as const]));
  if (as === 'dots')
    return there
      .map(([at, value]) => `<circle cx="${x(at)}" cy="${y(value)}" r="3" fill="${colour}"/>`)
      .join('');
  if (as === 'bars')
    return there
      .filter(([, value]) => value > 0)
      .map(([at, value]) => rule({ x1: x(at), x2: x(at), y1: top + PANEL, y2: y(value), colour, width: 1.6 }))
      .join('');
  let pen = 'M';
  const path = points.map(([at, value]) => {
    if (value === null) return ((pen = 'M'), '');
    const step = `${pen}${x(at)} ${y(value)}`;
    pen = 'L';
    return step;
  });
  return `<path d="${path.join('')}" fill="none" stroke="${colour}" stroke-width="1.8" stroke-linejoin="round"/>`;
}

interface Rule {
  readonly x1: number;
  readonly x2: number;
  readonly y1: number;
  readonly y2: number;
  readonly colour: string;
  readonly width?: number;
  readonly dashed?: boolean;
}

const rule = ({ x1, x2, y1, y2, colour, width = 1, dashed = false }: Rule) =>
  `<line x1="${x1}" x2="${x2}" y1="${y1}" y2="${y2}" stroke="${colour}" stroke-width="${width}"${dashed ? ' stroke-dasharray="4 3"' : ''}/>`;

function text(
  x: number,
  y: number,
  says: string,
  {
    anchor = 'start',
    size = 13,
    weight = 'normal',
  }: { anchor?: string; size?: number; weight?: string } = {},
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}" font-size="${size}" font-weight="${weight}">${escape(says)}</text>`;
}

function legend(
  entries: readonly { readonly name: string; readonly colour: string; readonly dashed?: boolean }[],
  left: number,
  y: number,
): string {
  let at = left;
  return entries
    .map(({ name, colour, dashed = false }) => {
      const sample = rule({ x1: at, x2: at + 22, y1: y - 4, y2: y - 4, colour, width: 3, dashed });
      const label = text(at + 28, y, name);
      at += 52 + 7.6 * name.length;
      return sample + label;
    })
    .join('');
}

/** About so many round values that span a range. */
function steps(from: number, to: number, about = 5): number[] {
  const rough = (to - from) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough;
  const first = Math.floor(from / step);
  const count = Math.ceil(to / step) - first;
  return Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

const thousands = (value: number) => value.toLocaleString('en-US');

/** Writes an SVG as a PNG, in a font that is brought along. */
export async function writePng(svg: string, file: string): Promise<void> {
  const fonts = path.join(
    path.dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
    'ttf',
  );
  const font = {
    fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'].map((name) => path.join(fonts, name)),
    loadSystemFonts: false,
    defaultFontFamily: 'DejaVu Sans',
  };
  await writeFile(file, new Resvg(svg, { font }).render().asPng());
}
