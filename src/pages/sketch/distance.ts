/**
 * How many letters have to be changed, added, left out, or swapped with their neighbours, to get
 * from one to the other (the "optimal string alignment" distance).
 */
export function distance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      next.push(
        Math.min(
          at(last, column - 1) + (isSame ? 0 : 1),
          at(last, column) + 1,
          at(next, column - 1) + 1,
          isSwapped ? at(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [beforeLast, last] = [last, next];
  }
  return at(last, to.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}

/** Whether one letter is missing or too many, or two neighbours are swapped. A wrong letter is no slip. */
export function isOneSlip(from: string, to: string): boolean {
  if (distance(from, to) !== 1) return false;
  return from.length !== to.length || [...from].sort().join('') === [...to].sort().join('');
}
