import type { Verdict } from './guess.js';
import { plainText } from './plain-text.js';

/*
 * The messages between the phones and the screen, except strokes (see ink.ts): short JSON texts. What
 * everybody may know is no message, but shared: see shared-game.ts. A phone can be anybody's program,
 * so its messages are checked field by field, and texts are shortened.
 */

/** In characters. */
export const MAX_NAME = 14;
export const MAX_GUESS = 40;
/** Far longer than any message of this game, in characters. */
const MAX_TEXT = 1_000;

/** What a phone says about itself when it joins. */
export interface About {
  readonly name: string;
}

/** From a phone. */
export type FromPhone =
  | { readonly is: 'choose'; readonly index: number }
  | { readonly is: 'guess'; readonly text: string }
  /** Votes for the drawing of this turn. The audience votes in a poll, by the turn as text. */
  | { readonly is: 'vote'; readonly turn: number }
  /** The drawer's page is new, or has lost messages: the answer is the secret and the strokes. */
  | { readonly is: 'again' }
  /** Starts the game, or the next one. */
  | { readonly is: 'start' };

/** What only the drawer may know: the words to choose from, then the word. */
export interface Secret {
  readonly is: 'secret';
  readonly turn: number;
  readonly words?: readonly string[];
  readonly word?: string;
}

/** From the screen. */
export type FromScreen =
  | Secret
  | { readonly is: 'verdict'; readonly text: string; readonly verdict: Verdict }
  /** The current strokes follow, for a drawer who has asked for them. */
  | { readonly is: 'sheet' };

export function encode(message: FromPhone | FromScreen): string {
  return JSON.stringify(message);
}

/** The name of a phone's player; `""` if it has none that can be shown. */
export function readName(about: unknown): string {
  return clean(Object(about).name, MAX_NAME);
}

/** `undefined` if it is not a message of this game. */
export function decodeFromPhone(text: string): FromPhone | undefined {
  const message = parse(text);
  switch (message?.['is']) {
    case 'choose': {
      const { index } = message;
      return Number.isInteger(index) ? { is: 'choose', index: index as number } : undefined;
    }
    case 'guess': {
      const guess = clean(message['text'], MAX_GUESS);
      return guess === '' ? undefined : { is: 'guess', text: guess };
    }
    case 'vote': {
      const { turn } = message;
      return Number.isInteger(turn) ? { is: 'vote', turn: turn as number } : undefined;
    }
    case 'again':
    case 'start':
      return { is: message['is'] };
    default:
      return undefined;
  }
}

/**
 * Checks only that it is a message of this game: the screen has opened the room, and its texts are
 * never parsed as HTML.
 */
export function decodeFromScreen(text: string): FromScreen | undefined {
  const message = parse(text, Number.POSITIVE_INFINITY);
  const isKnown = ['secret', 'verdict', 'sheet'].includes(String(message?.['is']));
  return isKnown ? (message as unknown as FromScreen) : undefined;
}

function clean(value: unknown, max: number): string {
  return typeof value === 'string' ? plainText(value, max) : '';
}

function parse(text: string, max = MAX_TEXT): Record<string, unknown> | undefined {
  if (text.length > max) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isRecord = typeof value === 'object' && value !== null;
    return isRecord ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
