import { byId } from '../../by-id.js';
import { SheetView } from '../canvas.js';
import { create } from '../dom.js';
import type { Verdict } from '../guess.js';
import { COLOURS, ERASER, encodeInk, type Ink, Sheet, splitStroke, WIDTHS } from '../ink.js';
import { Pen } from './pen.js';

const ANSWERS: Record<Verdict, string> = {
  right: 'Right!',
  close: 'Close!',
  wrong: 'No.',
};

/** The player's sheet with its tools, and their guesses so far. */
export class DrawingBoard {
  readonly #send: (data: Uint8Array) => void;
  readonly #view: SheetView;
  readonly #pen: Pen;
  #sheet = new Sheet();
  #turn: number | undefined;

  /** @param send for what is drawn, as bytes */
  constructor(send: (data: Uint8Array) => void) {
    this.#send = send;
    const canvas = byId('paper', HTMLCanvasElement);
    this.#view = new SheetView(canvas, this.#sheet);
    this.#pen = new Pen(canvas, {
      drawn: (ink) => this.ink(ink),
      sent: (ink) => this.#send(encodeInk(ink)),
    });
    fillTools('colours', 'colour', COLOURS, 0, (index) => {
      this.#pen.colour = index;
    });
    fillTools('widths', 'width', WIDTHS, 1, (index) => {
      this.#pen.width = index;
    });
    byId('undo').onclick = () => this.#erase({ is: 'undo' });
    byId('clear').onclick = () => this.#erase({ is: 'clear' });
  }

  /** Clears the sheet and the guesses if this is another turn. */
  beginTurn(turn: number): void {
    if (this.#turn === turn) return;
    this.#turn = turn;
    byId('answers').replaceChildren();
    this.clear();
  }

  /** Prepares for another room, whose turns are counted from the start. */
  reset(): void {
    this.#turn = undefined;
  }

  /** An empty sheet. */
  clear(): void {
    this.#pen.lift();
    this.#sheet = new Sheet();
    this.#view.show(this.#sheet);
  }

  /** Puts ink on the sheet. */
  ink(ink: Ink): void {
    this.#sheet.apply(ink);
    if (ink.is === 'undo' || ink.is === 'clear') this.#view.redraw();
    else this.#view.update();
  }

  /**
   * Sends the whole sheet again. After a reload, the screen receives again what the previous page
   * had not acknowledged but may have stored, so some strokes could appear twice.
   */
  repeat(): void {
    this.#pen.lift();
    this.#send(encodeInk({ is: 'clear' }));
    for (const stroke of this.#sheet.strokes) {
      for (const ink of splitStroke(stroke)) this.#send(encodeInk(ink));
    }
  }

  showVerdict(text: string, verdict: Verdict): void {
    const line = create('li', `answer is-${verdict}`);
    const guess = create('b');
    guess.append(create('bdi', '', text));
    line.append(guess, ` ${ANSWERS[verdict]}`);
    byId('answers').prepend(line);
  }

  #erase(ink: Ink): void {
    this.#pen.lift();
    this.ink(ink);
    this.#send(encodeInk(ink));
  }
}

/** Radio buttons that look like tools: they work with the keyboard and with screen readers. */
function fillTools(
  id: string,
  name: string,
  tools: readonly { readonly name: string; readonly css?: string; readonly share?: number }[],
  chosen: number,
  choose: (index: number) => void,
): void {
  const labels = tools.map((tool, index) => {
    const label = create('label', `tool tool-${name}`);
    const input = create('input', 'visually-hidden');
    input.type = 'radio';
    input.name = name;
    input.defaultChecked = index === chosen;
    input.onchange = () => choose(index);
    const face = create('span', 'tool-face');
    if (tool.css) face.style.setProperty('--tool', tool.css);
    if (tool.share) face.style.setProperty('--dot', `${Math.round(tool.share * 400) + 4}px`);
    if (name === 'colour' && index === ERASER) label.classList.add('tool-eraser');
    label.append(input, face, create('span', 'visually-hidden', tool.name));
    return label;
  });
  byId(id).replaceChildren(...labels);
  choose(chosen);
}
