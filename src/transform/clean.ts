/** Deeper than any document of vivenu, and shallow enough for every recursion over it, PostgreSQL's included. */
export const MAX_DEPTH = 200;

type Fields = Record<string, unknown>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Takes the never-stored keys (at any depth) and the excluded paths out of a record, in place. What is nested too deep to be stored is
 * taken out too, and the key of the record that holds it is returned; null when there is none.
 * A dropped key is set to undefined, which `JSON.stringify` leaves out: `delete` would make the object slow.
 */
export function clean(
  record: object,
  never: ReadonlySet<string>,
  exclude: readonly (readonly string[])[],
): string | null {
  const tooDeep = dropKeys(record, never, 0);
  for (const path of exclude) dropPath(record, path);
  return tooDeep;
}

function dropKeys(value: object, never: ReadonlySet<string>, depth: number): string | null {
  let tooDeep: string | null = null;
  const fields = value as Fields;
  for (const key in fields) {
    const inner = fields[key];
    if (never.has(key)) fields[key] = undefined;
    else if (typeof inner !== 'object' || inner === null) continue;
    else if (depth < MAX_DEPTH) tooDeep = dropKeys(inner, never, depth + 1) === null ? tooDeep : key;
    else {
      fields[key] = undefined;
      tooDeep = key;
    }
  }
  return tooDeep;
}

function dropPath(value: unknown, path: readonly string[]): void {
  if (Array.isArray(value)) for (const item of value) dropPath(item, path);
  if (!isObject(value)) return;
  const [key, ...rest] = path;
  if (key === undefined || !Object.hasOwn(value, key)) return;
  if (rest.length === 0) value[key] = undefined;
  else dropPath(value[key], rest);
}

/** Where a record holds text that no PostgreSQL text can hold, and why; null when nowhere. */
export function unstorableText(value: unknown, path = ''): { field: string; reason: string } | null {
  if (typeof value === 'string') {
    if (value.includes('\0'))
      return { field: path, reason: 'contains a NUL character, which PostgreSQL cannot store' };
    if (!value.isWellFormed())
      return { field: path, reason: 'contains half a surrogate pair, which is no Unicode text' };
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const found = unstorableText(key, path) ?? unstorableText(inner, path === '' ? key : `${path}.${key}`);
    if (found) return found;
  }
  return null;
}
