import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** Bytes of script that a viewer loads at most, compressed. */
const MOST_SCRIPT = 120_000;

/** Ends the build of a page with more script than that. */
const bounded: Plugin = {
  name: 'bounded',
  generateBundle(_options, bundle) {
    const size = Object.values(bundle)
      .map((one) => (one.type === 'chunk' ? gzipSync(one.code).length : 0))
      .reduce((sum, one) => sum + one, 0);
    if (size > MOST_SCRIPT)
      this.error(`${size} bytes of script, compressed; at most ${MOST_SCRIPT} are allowed`);
  },
};

/** The page, built to where `serve` looks for it; nothing in it stands inline, as its content security policy asks. */
export default defineConfig({
  root: 'dashboard',
  plugins: [bounded],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: '../dist/dashboard',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
