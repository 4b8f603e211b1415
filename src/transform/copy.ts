import { MAX_DEPTH } from './clean.js';

/**
 * A copy of parsed JSON of its own. What is nested too deep to be stored stays recognisable as such, but empty: a recursion over all of it,
 * as that of `structuredClone` and `JSON.stringify`, would overflow the stack.
 */
export const copyOf = (value: unknown): unknown => copy(value, 0);

function copy(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value))
    return depth > MAX_DEPTH ? [] : value.map((item: unknown) => copy(item, depth + 1));
  const copied: Record<string, unknown> = {};
  if (depth > MAX_DEPTH) return copied;
  for (const [key, inner] of Object.entries(value)) {
    const own = copy(inner, depth + 1);
    // Assigned, it would be the prototype.
    if (key === '__proto__')
      Object.defineProperty(copied, key, {
        value: own,
        enumerable: true,
        writable: true,
        configurable: true,
      });
    else copied[key] = own;
  }
  return copied;
}
