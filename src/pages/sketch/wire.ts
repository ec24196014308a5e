import type { Verdict } from './guess.js';

/*
 * What the phones and the screen say to each other, but for the strokes (ink.ts): small JSON texts.
 * A phone can be anybody's program, so what comes from one is checked field by field, and cut to
 * size.
 */

export const MAX_NAME = 14;
export const MAX_GUESS = 40;
/** Far beyond what this game sends, in characters. */
const MAX_TEXT = 1_000;

/** From a phone. */
export type FromPhone =
  /** It is here, new or again: the answer is all that it has to know. */
  | { readonly is: 'hello'; readonly name: string }
  | { readonly is: 'choose'; readonly index: number }
  | { readonly is: 'guess'; readonly text: string };

/** What a phone is to show. */
export type Scene =
  | { readonly is: 'lobby' }
  | { readonly is: 'choose'; readonly words: readonly string[] }
  | { readonly is: 'wait'; readonly drawer: string }
  | { readonly is: 'draw'; readonly word: string }
  | { readonly is: 'guess'; readonly drawer: string; readonly mask: string }
  | { readonly is: 'guessed'; readonly drawer: string }
  | { readonly is: 'reveal'; readonly word: string; readonly drawer: string; readonly gain: number }
  | { readonly is: 'podium'; readonly winners: readonly string[] };

export interface View {
  readonly name: string;
  readonly points: number;
  readonly place: number;
  readonly players: number;
  readonly round: number;
  readonly rounds: number;
  /** Another number for every turn: then the sheet is empty. */
  readonly turn: number;
  readonly scene: Scene;
}

/** From the screen. */
export type FromScreen =
  /** `left` is the time that the scene goes on, in milliseconds; clocks differ, so no moment is said. */
  | { readonly is: 'view'; readonly view: View; readonly left: number | null }
  | { readonly is: 'verdict'; readonly text: string; readonly verdict: Verdict }
  /** The sheet as it is follows, stroke by stroke, for a drawer whose page is new. */
  | { readonly is: 'sheet' };

export function encode(message: FromPhone | FromScreen): string {
  return JSON.stringify(message);
}

/** `undefined` if it is nothing that this game sends. */
export function decodeFromPhone(text: string): FromPhone | undefined {
  const message = parse(text);
  switch (message?.['is']) {
    case 'hello': {
      const name = clean(message['name'], MAX_NAME);
      return name === '' ? undefined : { is: 'hello', name };
    }
    case 'choose': {
      const { index } = message;
      return Number.isInteger(index) ? { is: 'choose', index: index as number } : undefined;
    }
    case 'guess': {
      const guess = clean(message['text'], MAX_GUESS);
      return guess === '' ? undefined : { is: 'guess', text: guess };
    }
    default:
      return undefined;
  }
}

/**
 * The screen is the one that made the room, and its words are only ever shown as text: what is
 * checked is whether it is this game at all.
 */
export function decodeFromScreen(text: string): FromScreen | undefined {
  const message = parse(text, Number.POSITIVE_INFINITY);
  const isKnown = ['view', 'verdict', 'sheet'].includes(String(message?.['is']));
  return isKnown ? (message as unknown as FromScreen) : undefined;
}

/** Text for people: no control or direction characters, no runs of spaces, at most so long. */
function clean(value: unknown, most: number): string {
  if (typeof value !== 'string') return '';
  const text = value.replace(/[\p{C}\s]+/gu, ' ').trim();
  return [...text].slice(0, most).join('').trim();
}

function parse(text: string, most = MAX_TEXT): Record<string, unknown> | undefined {
  if (text.length > most) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === 'object' && value !== null;
    return isRecord ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
