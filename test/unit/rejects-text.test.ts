import { describe, expect, it } from 'vitest';
import { rejectCsv, rejectTable } from '../../src/commands/rejects-text.js';
import type { SetAside } from '../../src/load/set-aside.js';

const reject = (id: string): SetAside => ({
  ...{ number: 7, region: 'auckland', schema: 'auckland', stream: 'tickets', id },
  ...{ field: 'realPrice', reason: 'expected a number, got string', closed_at: null, closed_because: null },
  ...{ first_seen_at: new Date(0), last_seen_at: new Date(0) },
});

describe('the list of rejects', () => {
  it('as CSV holds no formula, whatever the id of a record begins with', () => {
    const ids = ['=HYPERLINK("http://x.invalid")', '+1', '-1', '@sum(a1)', '\tcmd', 'plain'];
    const lines = rejectCsv(ids.map(reject)).split('\r\n');
    expect(lines[0]).toBe(
      'number,region,stream,id,field,reason,first_seen_at,last_seen_at,closed_at,closed_because',
    );
    expect(lines[1]).toContain(`7,auckland,tickets,"'=HYPERLINK(""http://x.invalid"")",realPrice,`);
    expect(lines.slice(2, 7).map((line) => line.split(',')[3])).toEqual([
      `'+1`,
      `'-1`,
      `'@sum(a1)`,
      `'\tcmd`,
      'plain',
    ]);
    expect(lines[6]).toMatch(/1970-01-01T00:00:00\.000Z,1970-01-01T00:00:00\.000Z,,$/);
  });

  it('as a table holds nothing that steers a terminal', () => {
    const text = rejectTable([reject('\u001b]0;gone\u0007\u202eright to left')], false);
    // eslint-disable-next-line no-control-regex
    expect(text).not.toMatch(/[\u0007\u202e]|\u001b\]/);
    expect(text).toContain('\\u001b');
  });
});
