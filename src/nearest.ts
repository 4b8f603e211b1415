/** The nearest right name for one that is unknown. */

/** Letters to change, add, drop or swap with their neighbour to turn one name into the other. */
export function distance(from: string, to: string): number {
  let older: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const line = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      let best = Math.min(
        (above[column] ?? 0) + 1,
        (line[column - 1] ?? 0) + 1,
        (above[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      if (swapped) best = Math.min(best, (older[column - 2] ?? 0) + 1);
      line.push(best);
    }
    older = above;
    above = line;
  }
  return above[to.length] ?? 0;
}

/** The known name nearest to a wrong one, or null when none is near; half a name counts as near. */
export function nearest(name: string, known: readonly string[]): string | null {
  const near = known
    .map((right) => ({ right, off: startsAlike(name, right) ? 1 : distance(name, right) }))
    .filter(({ right, off }) => off <= Math.max(2, Math.floor(right.length / 3)))
    .sort((a, b) => a.off - b.off)[0];
  return near?.right ?? null;
}

function startsAlike(name: string, right: string): boolean {
  const shorter = Math.min(name.length, right.length);
  return shorter >= 4 && name.slice(0, shorter) === right.slice(0, shorter);
}
