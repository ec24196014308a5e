/*
 * A drawing is a list of strokes. Coordinates go from 0 to 65,535 over the square sheet, so that it
 * looks the same on every screen size. Changes are sent as bytes:
 *
 *   01 colour width x y x y …   a new stroke
 *   02 x y x y …                more points of the latest stroke
 *   03                          undo: removes the latest stroke
 *   04                          clears the sheet
 *
 * Colour and width are one byte each, an index into the tables below; x and y are two bytes each,
 * big-endian.
 */

export interface Colour {
  readonly name: string;
  readonly css: string;
}

export const COLOURS: readonly Colour[] = [
  { name: 'Ink', css: '#1d1836' },
  { name: 'Grey', css: '#8a8799' },
  { name: 'Brown', css: '#8a4f2a' },
  { name: 'Red', css: '#e03131' },
  { name: 'Orange', css: '#fb8b24' },
  { name: 'Yellow', css: '#ffd23f' },
  { name: 'Green', css: '#2f9e44' },
  { name: 'Sky', css: '#2fb5e0' },
  { name: 'Blue', css: '#3350d8' },
  { name: 'Pink', css: '#f06ba8' },
  { name: 'Eraser', css: '#fffdf7' },
];
export const ERASER = COLOURS.length - 1;

/** As shares of the sheet's width. */
export const WIDTHS: readonly { readonly name: string; readonly share: number }[] = [
  { name: 'Thin', share: 0.009 },
  { name: 'Medium', share: 0.02 },
  { name: 'Thick', share: 0.055 },
];

export const MAX_COORDINATE = 65_535;
/** The most points in one message: more than a finger produces in a frame. */
const MAX_POINTS = 1_024;
/** The most points on one sheet; further ones are ignored. */
const MAX_SHEET_POINTS = 30_000;

export interface Stroke {
  readonly colour: number;
  readonly width: number;
  /** x, y, x, y, … */
  readonly points: number[];
}

export type Ink =
  | ({ readonly is: 'stroke' } & Stroke)
  | { readonly is: 'more'; readonly points: number[] }
  | { readonly is: 'undo' }
  | { readonly is: 'clear' };

const STROKE = 1;
const MORE = 2;
const UNDO = 3;
const CLEAR = 4;

export function encodeInk(ink: Ink): Uint8Array {
  switch (ink.is) {
    case 'stroke':
      return withPoints([STROKE, ink.colour, ink.width], ink.points);
    case 'more':
      return withPoints([MORE], ink.points);
    case 'undo':
      return Uint8Array.of(UNDO);
    case 'clear':
      return Uint8Array.of(CLEAR);
    default:
      return ink satisfies never;
  }
}

/** `undefined` if it is not a message of this game. */
export function decodeInk(bytes: Uint8Array): Ink | undefined {
  const [kind, colour = 0, width = 0] = bytes;
  if (kind === UNDO && bytes.length === 1) return { is: 'undo' };
  if (kind === CLEAR && bytes.length === 1) return { is: 'clear' };
  if (kind === MORE) {
    const points = readPoints(bytes.subarray(1));
    return points && { is: 'more', points };
  }
  if (kind !== STROKE || colour >= COLOURS.length || width >= WIDTHS.length) return undefined;
  const points = readPoints(bytes.subarray(3));
  return points && { is: 'stroke', colour, width, points };
}

/** Splits a whole stroke into as many messages as it needs. */
export function splitStroke({ colour, width, points }: Stroke): Ink[] {
  const max = MAX_POINTS * 2;
  const messages: Ink[] = [{ is: 'stroke', colour, width, points: points.slice(0, max) }];
  for (let from = max; from < points.length; from += max) {
    messages.push({ is: 'more', points: points.slice(from, from + max) });
  }
  return messages;
}

function withPoints(head: readonly number[], points: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(head.length + points.length * 2);
  bytes.set(head);
  const view = new DataView(bytes.buffer, head.length);
  for (const [index, value] of points.entries()) view.setUint16(index * 2, value);
  return bytes;
}

function readPoints(bytes: Uint8Array): number[] | undefined {
  const count = bytes.length / 4;
  if (!Number.isInteger(count) || count < 1 || count > MAX_POINTS) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count * 2 }, (_, index) => view.getUint16(index * 2));
}

/** The strokes on the sheet. */
export class Sheet {
  #strokes: Stroke[] = [];
  #count = 0;

  constructor(strokes: readonly Stroke[] = []) {
    for (const stroke of strokes) this.apply({ is: 'stroke', ...stroke });
  }

  get strokes(): readonly Stroke[] {
    return this.#strokes;
  }

  apply(ink: Ink): void {
    switch (ink.is) {
      case 'stroke':
        if (!this.#hasRoomFor(ink.points)) return;
        this.#strokes.push({ colour: ink.colour, width: ink.width, points: [...ink.points] });
        return;
      case 'more':
        if (this.#strokes.length === 0 || !this.#hasRoomFor(ink.points)) return;
        this.#strokes.at(-1)?.points.push(...ink.points);
        return;
      case 'undo':
        this.#count -= (this.#strokes.pop()?.points.length ?? 0) / 2;
        return;
      case 'clear':
        this.#strokes = [];
        this.#count = 0;
        return;
      default:
        ink satisfies never;
    }
  }

  #hasRoomFor(points: readonly number[]): boolean {
    const count = this.#count + points.length / 2;
    if (count > MAX_SHEET_POINTS) return false;
    this.#count = count;
    return true;
  }
}
