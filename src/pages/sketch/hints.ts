import { DRAWING_TIME, type Drawing } from './game.js';
import { shuffled } from './shuffled.js';

/** Picks the letters to show as hints: one in three, but no more than two. */
export function pickHints(word: string, random: () => number): readonly number[] {
  const letters = [...word].flatMap((letter, place) => (letter === ' ' ? [] : [place]));
  return shuffled(letters, random).slice(0, Math.min(2, Math.floor(letters.length / 3)));
}

/** The word as the guessers see it: `_` for every letter that is not shown yet. */
export function mask({ word, hints, until }: Drawing, now: number): string {
  const gone = 1 - Math.max(0, until - now) / DRAWING_TIME;
  const count = gone >= 0.75 ? 2 : gone >= 0.5 ? 1 : 0;
  const shown = hints.slice(0, count);
  return [...word]
    .map((letter, place) => (letter === ' ' || shown.includes(place) ? letter : '_'))
    .join('');
}
