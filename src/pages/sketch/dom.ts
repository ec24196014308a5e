import { now } from '../../client/browser.js';
import { byId } from '../by-id.js';

/** A new element with a class and a text, which is never parsed as HTML. */
export function create<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  className = '',
  text = '',
): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Sets the text if it differs: screen readers announce each assignment. */
export function setText(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Shows one of the sections of a page, and hides the others. */
export function showOnly(sections: readonly string[], shown: string): void {
  for (const id of sections) byId(id).hidden = id !== shown;
}

/** Shows a word with a box for every letter; unknown letters (`_`) are empty boxes. */
export function showWord(id: string, word: string): void {
  const element = byId(id);
  if (element.dataset['word'] === word) return;
  element.dataset['word'] = word;
  const letters = [...word].map((letter) => {
    if (letter === ' ') return create('span', 'letter letter-gap');
    return create('span', 'letter', letter === '_' ? '' : letter);
  });
  const boxes = create('span', 'letters');
  boxes.ariaHidden = 'true';
  boxes.append(...letters);
  element.replaceChildren(boxes, create('span', 'visually-hidden', spoken(word)));
}

/** `"_a_ __"` is `"3 letters and 2 letters: blank a blank, blank blank"`. */
function spoken(word: string): string {
  if (!word.includes('_')) return word;
  const parts = word.split(' ');
  const lengths = parts.map(({ length }) => `${length} letters`).join(' and ');
  const known = word.replace(/[_ ]/g, '') !== '';
  const letters = parts.map((part) => [...part.replaceAll('_', '–')].join(' ')).join(', ');
  return known ? `${lengths}: ${letters.replaceAll('–', 'blank')}` : lengths;
}

/** Shows the remaining seconds in an element of the page. */
export class Countdown {
  readonly #id: string;
  #end: number | undefined;
  #clock: () => number | undefined = now;

  constructor(id: string) {
    this.#id = id;
    setInterval(() => this.#show(), 250);
  }

  /** @param end by the clock, in milliseconds; nothing is shown without one, or without the time */
  set(end: number | undefined, clock: () => number | undefined = now): void {
    this.#end = end;
    this.#clock = clock;
    this.#show();
  }

  #show(): void {
    const element = byId(this.#id);
    const time = this.#clock();
    element.hidden = this.#end === undefined || time === undefined;
    if (this.#end === undefined || time === undefined) return;
    const seconds = Math.ceil(Math.max(0, this.#end - time) / 1000);
    setText(this.#id, String(seconds));
    element.classList.toggle('is-short', seconds <= 10);
  }
}
