import { describe, expect, it } from 'vitest';
import { PerformanceLogger } from '../../src/logging/performance-logger.js';

interface Line {
  level: 'info' | 'warn';
  fields: Record<string, unknown>;
}

function setup() {
  const lines: Line[] = [];
  const to = (level: Line['level']) => (fields: unknown) =>
    void lines.push({ level, fields: fields as Record<string, unknown> });
  return { lines, performance: new PerformanceLogger({ info: to('info'), warn: to('warn') }) };
}

const busy = (ms: number) => {
  const until = performance.now() + ms;
  while (performance.now() < until);
};

describe('PerformanceLogger', () => {
  it('logs what was timed by name, with its fields and a rate', () => {
    const { lines, performance } = setup();
    performance.startTimer('custom_operation');
    busy(5);
    const ms = performance.endTimer('custom_operation', { itemsProcessed: 1000 });
    expect(ms).toBeGreaterThanOrEqual(5);
    expect(lines).toEqual([
      {
        level: 'info',
        fields: {
          operation: 'custom_operation',
          ms,
          itemsProcessed: 1000,
          itemsPerSecond: Math.round((1000 / ms!) * 1000),
        },
      },
    ]);
  });

  it('ends a timer with its block, also when that throws', () => {
    const { lines, performance } = setup();
    const work = () => {
      using timer = performance.timer('load', { region: 'oslo' });
      timer.add({ rows: 3 });
      throw new Error('broken');
    };
    expect(work).toThrow('broken');
    expect(lines).toMatchObject([{ fields: { operation: 'load', region: 'oslo', rows: 3 } }]);
  });

  it('keeps timers of one name that run at once apart', () => {
    const { lines, performance } = setup();
    performance.startTimer('page');
    busy(4);
    performance.startTimer('page');
    const inner = performance.endTimer('page', { which: 'inner' });
    const outer = performance.endTimer('page', { which: 'outer' });
    expect(outer! - inner!).toBeGreaterThanOrEqual(4);
    expect(lines.map(({ fields }) => fields['which'])).toEqual(['inner', 'outer']);
  });

  it('warns of a timer that does not run, and logs none twice', () => {
    const { lines, performance } = setup();
    expect(performance.endTimer('nothing')).toBeNull();
    expect(lines).toMatchObject([{ level: 'warn', fields: { operation: 'nothing' } }]);
    using timer = performance.timer('once');
    expect(timer.end()).toBe(timer.end());
    expect(lines).toHaveLength(2);
  });

  it('lets no field stand in for the time or the name', () => {
    const { lines, performance } = setup();
    performance.timer('true').end({ operation: 'forged', ms: -1 });
    expect(lines[0]?.fields['operation']).toBe('true');
    expect(lines[0]?.fields['ms']).toBeGreaterThanOrEqual(0);
  });
});
