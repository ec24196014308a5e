/** What a guess is worth: `close` is for the one who guessed, and nobody else. */
export type Verdict = 'right' | 'close' | 'wrong';

/** Words of at least so many letters may be missed by one letter, or by two, and count as close. */
const LONG_ENOUGH_FOR_ONE = 4;
const LONG_ENOUGH_FOR_TWO = 8;

/** Holds a guess against the word. Case, accents, spaces and a sentence around it do not matter. */
export function judge(guess: string, word: string): Verdict {
  const said = plain(guess);
  const wanted = plain(word);
  if (` ${said} `.includes(` ${wanted} `)) return 'right';
  const [saidLetters, letters] = [said.replaceAll(' ', ''), wanted.replaceAll(' ', '')];
  if (saidLetters === letters) return 'right';
  return distance(saidLetters, letters) <= tolerance(letters) ? 'close' : 'wrong';
}

function tolerance({ length }: string): number {
  if (length >= LONG_ENOUGH_FOR_TWO) return 2;
  return length >= LONG_ENOUGH_FOR_ONE ? 1 : 0;
}

/** `"  Café-au-lait! "` → `"cafe au lait"` */
function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/**
 * How many letters have to be changed, added, left out, or swapped with their neighbours, to get
 * from one to the other (the "optimal string alignment" distance).
 */
function distance(from: string, to: string): number {
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
