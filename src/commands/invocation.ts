import path from 'node:path';

/** How this program is called from the current folder, for lines that people copy. */
export function invocation(script = process.argv[1] ?? ''): string {
  if (/node_modules[\\/](\.bin|vivenu-ingest)[\\/]/.test(script)) return 'npx vivenu-ingest';
  if (path.basename(script) === 'vivenu-ingest') return 'vivenu-ingest';
  const near = path.relative('', script);
  const shown = near.startsWith('..') ? script : near;
  return `node ${shown.includes(' ') ? `"${shown}"` : shown}`;
}
