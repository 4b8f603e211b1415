/** A headless Chromium from npm, with the shared libraries that come with it. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { chromium as playwright } from 'playwright-core';

/** A browser that listens for tests, in whatever process they are. */
export interface Chromium extends AsyncDisposable {
  /** For `chromium.connect` of playwright. */
  readonly endpoint: string;
}

/** It must ask nobody but the pages under test. */
const ALONE = ['--disable-background-networking', '--disable-component-update', '--no-first-run'];

/** Unpacks Chromium into a folder of its own, which is gone with it, and starts it. */
export async function startChromium(): Promise<Chromium> {
  const folder = await mkdtemp(path.join(tmpdir(), 'vivenu-ingest-browser-'));
  const before = { ...process.env };
  // It unpacks into the temp folder, takes what lies there whoever put it there, and brings its libraries on this word only.
  Object.assign(process.env, { TMPDIR: folder, VERCEL: '1' });
  try {
    const { default: packed } = await import('@sparticuz/chromium');
    const executablePath = await packed.executablePath();
    // The one that it brings looks for its fonts in /tmp alone; without any, a page is blank and dies at its first canvas.
    await writeFile(path.join(folder, 'fonts', 'fonts.conf'), fontsIn(folder));
    const server = await playwright.launchServer({
      executablePath,
      // In one process, the first page that is closed would end it.
      args: [...packed.args.filter((arg) => arg !== '--single-process'), ...ALONE],
      headless: true,
      env: { ...process.env, HOME: folder },
    });
    return {
      endpoint: server.wsEndpoint(),
      [Symbol.asyncDispose]: async () => {
        await server.close();
        await rm(folder, { recursive: true, force: true });
      },
    };
  } finally {
    for (const name of ['TMPDIR', 'VERCEL', 'LD_LIBRARY_PATH', 'FONTCONFIG_PATH', 'HOME'])
      if (before[name] === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = before[name];
  }
}

/** Chromium brings no letters of one width. */
const DEJAVU = path.join(
  path.dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
  'ttf',
);

const fontsIn = (folder: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${folder}/fonts</dir>
  <dir>${DEJAVU}</dir>
  <dir>/usr/share/fonts</dir>
  <alias>
    <family>monospace</family>
    <prefer><family>DejaVu Sans Mono</family></prefer>
  </alias>
  <cachedir>${folder}/fonts-cache</cachedir>
</fontconfig>
`;
