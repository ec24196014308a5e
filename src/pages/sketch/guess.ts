import { distance, isOneSlip } from './distance.js';
import { forms } from './word-forms.js';

/** The result of a guess. Only the player who guessed is told `close`. */
export type Verdict = 'right' | 'close' | 'wrong';

/** The shortest words for which one wrong letter, or two, still make a close guess; in letters. */
const MIN_LENGTH_FOR_ONE = 4;
const MIN_LENGTH_FOR_TWO = 8;

/** The shortest words for which a slip (see `isOneSlip`) makes a close guess; in letters. */
const MIN_LENGTH_FOR_SLIP = 3;

const ARTICLES = /^(a|an|the) /;

/**
 * Compares a guess with the word. Case, accents, spaces and a sentence around the word do not
 * matter. A guess is close if it is another form of the word (plural, singular, `-ing`), or has a
 * letter or two wrong.
 */
export function judge(guess: string, word: string): Verdict {
  const said = plain(guess);
  const wanted = plain(word);
  if (said === '') return 'wrong';
  if (` ${said} `.includes(` ${wanted} `)) return 'right';
  const letters = wanted.replaceAll(' ', '');
  if (said.replaceAll(' ', '') === letters) return 'right';
  return isClose(said, letters) ? 'close' : 'wrong';
}

function isClose(said: string, wanted: string): boolean {
  const wantedForms = forms(wanted);
  const parts = runsOfWords(said);
  if (parts.some((part) => forms(part).some((form) => wantedForms.includes(form)))) return true;
  if (wanted.length >= MIN_LENGTH_FOR_ONE) {
    const maxDistance = wanted.length >= MIN_LENGTH_FOR_TWO ? 2 : 1;
    return parts.some((part) => distance(part, wanted) <= maxDistance);
  }
  // Another letter makes another short word ("cat" and "bat"), and any sentence has one that is
  // nearly this one. So only a slip counts, in a guess that is nothing but the word.
  const whole = said.replace(ARTICLES, '').replaceAll(' ', '');
  return wanted.length >= MIN_LENGTH_FOR_SLIP && isOneSlip(whole, wanted);
}

/** `"a big cat"` → `"a"`, `"abig"`, `"abigcat"`, `"big"`, `"bigcat"`, `"cat"` */
function runsOfWords(text: string): string[] {
  const words = text.split(' ');
  return words.flatMap((_, from) =>
    words.slice(from).map((_, length) => words.slice(from, from + length + 1).join('')),
  );
}

/** `"  Café-au-lait! "` → `"cafe au lait"` */
function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/['’]/g, '')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}
