/** The opening sheet of a workbook: what is in it, for which regions, and how far the data can be trusted. */
import type writeXlsxFile from 'write-excel-file/node';
import { DATE_TIME, textCell } from './export-cells.js';

/** A sheet as the library takes it. */
export type Sheet = Parameters<typeof writeXlsxFile>[0][number];

/** What the opening sheet tells. */
export interface Contents {
  readonly made: Date;
  readonly regions: readonly {
    readonly region: string;
    /** Until when its tickets are proven complete. */
    readonly until: Date | null;
    readonly remark: string;
  }[];
  readonly reports: readonly {
    readonly title: string;
    readonly question: string;
    readonly rows: number;
    readonly regions: readonly string[];
    readonly remarks: readonly string[];
    readonly meanings: readonly { readonly name: string; readonly meaning: string | null }[];
  }[];
}

/** How every head of a workbook looks. */
export const HEAD_STYLE = {
  fontWeight: 'bold',
  backgroundColor: '#E4EAF2',
  bottomBorderStyle: 'thin',
  bottomBorderColor: '#8A97A8',
} as const;

const WIDTHS = [28, 78, 12, 32, 48];

/** The sheet, and the links to the others as markup. */
export function contentsOf({ made, regions, reports }: Contents): { sheet: Sheet; links: string } {
  const top = [
    [{ value: 'vivenu reports', type: String, fontWeight: 'bold' as const, fontSize: 16 }],
    [textCell('Made at (UTC)'), date(made)],
    [],
    head('Region', 'Its tickets are proven complete until (UTC)'),
    ...regions.map(({ region, until, remark }) => [
      textCell(region),
      until === null ? textCell(remark || 'never proven') : date(until),
      ...(until !== null && remark ? [null, textCell(remark)] : []),
    ]),
    [],
    head('Report', 'What it answers', 'Rows', 'Regions', 'Remark'),
  ];
  const lines = reports.map(({ title, question, rows, regions: names, remarks }) => [
    { value: title, type: String, ...LINK },
    wrapped(question),
    { value: rows, type: Number, format: '#,##0', alignVertical: 'top' as const },
    wrapped(names.join(', ')),
    wrapped(remarks.join('; ')),
  ]);
  const links = reports.map(
    ({ title }, i) => `<hyperlink ref="A${top.length + i + 1}" location="'${title}'!A1" display="${title}"/>`,
  );
  return {
    sheet: {
      sheet: 'Contents',
      data: [...top, ...lines, ...columnsOf(reports)],
      columns: WIDTHS.map((width) => ({ width })),
    },
    links: links.length > 0 ? `<hyperlinks>${links.join('')}</hyperlinks>` : '',
  };
}

/** What every column holds, below the list of reports. */
function columnsOf(reports: Contents['reports']) {
  const lines = reports.flatMap(({ title, meanings }) =>
    meanings.flatMap(({ name, meaning }) =>
      meaning === null ? [] : [[wrapped(name), wrapped(meaning), null, wrapped(title)]],
    ),
  );
  return lines.length === 0 ? [] : [[], head('Column', 'What it holds', '', 'Report'), ...lines];
}

const LINK = {
  textColor: '#0B57A4',
  textDecoration: { underline: true },
  alignVertical: 'top',
} as const;

const head = (...names: string[]) => names.map((value) => ({ value, type: String, ...HEAD_STYLE }));

const date = (value: Date) => ({ value, type: Date, format: DATE_TIME, align: 'left' as const });

const wrapped = (text: string) => ({ ...textCell(text), wrap: true, alignVertical: 'top' as const });
