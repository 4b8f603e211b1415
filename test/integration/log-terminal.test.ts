import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { KEY, world } from './world.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
/** Runs a command on a terminal of its own; the one of macOS takes other arguments. */
const SCRIPT = '/usr/bin/script';

/** As much of a terminal as the progress bars use: what its lines read at the end, and whenever a line was finished. */
class Screen {
  readonly lines: string[] = [''];
  #row = 0;
  #column = 0;

  write(text: string): void {
    // eslint-disable-next-line no-control-regex -- a terminal's own language
    for (const [part] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|\r|\n|[^\x1b\r\n]/gu)) this.#take(part);
  }

  #take(part: string): void {
    if (part === '\r') this.#column = 0;
    else if (part === '\n') this.#to(this.#row + 1);
    else if (part.length <= 2) this.#put(part);
    else this.#control(part.at(-1) ?? '', Number(/\d+/.exec(part)?.[0] ?? '1'));
  }

  #control(command: string, count: number): void {
    if (command === 'A') this.#to(Math.max(0, this.#row - count));
    if (command === 'B') this.#to(this.#row + count);
    if (command === 'G') this.#column = count - 1;
    if (command === 'K') this.lines[this.#row] = '';
    if (command === 'J') this.lines.splice(this.#row, Infinity, '');
  }

  #to(row: number): void {
    while (this.lines.length <= row) this.lines.push('');
    this.#row = row;
  }

  #put(character: string): void {
    const line = (this.lines[this.#row] ?? '').padEnd(this.#column);
    this.lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column += 1;
  }
}

describe.runIf(process.platform === 'linux' && existsSync(SCRIPT))('on a terminal', () => {
  it('--debug logs whole lines above the bars, which stay whole as well', async () => {
    await using here = await world({ tickets: 6000, top: { policy: 'clamp', max: 100 } });
    const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-terminal-'));
    const env = {
      ...{ PATH: process.env['PATH'], TERM: 'xterm', DATABASE_URL: here.database.url },
      EVENT_CONFIGS__auckland__token: KEY,
      EVENT_CONFIGS__auckland__event_id: '*',
      EVENT_CONFIGS__auckland__base_url: here.simulator.url,
      HTTP_REQUESTS_PER_HOUR: '1000000',
    };
    const command = `stty cols 400 rows 50; '${process.execPath}' '${CLI}' run --debug`;
    const child = spawn(SCRIPT, ['-qefc', command, '/dev/null'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const screen = new Screen();
    let output = '';
    let bars = 0;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      screen.write(text);
      bars = Math.max(bars, screen.lines.filter((line) => line.includes('rows/s')).length);
    });
    const [code] = (await once(child, 'close')) as [number];
    await rm(folder, { recursive: true, force: true });
    expect(code, output.slice(-2000)).toBe(0);
    expect(bars).toBe(1);
    const logged = screen.lines.filter((line) => /\b(DEBUG|INFO) /.test(line));
    expect(logged.length).toBeGreaterThan(150);
    for (const line of logged) expect(line).toMatch(/^\d\d:\d\d:\d\d (DEBUG|INFO ) [a-z.]+ /);
    expect(logged.filter((line) => line.includes(' page ')).length).toBeGreaterThanOrEqual(60);
    expect(screen.lines.filter((line) => line.includes('█'))).toEqual([]);
    expect(logged.at(0)).toContain('run.begin');
    expect(logged.at(-1)).toContain('run.end');
  });
});
