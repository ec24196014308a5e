import { COLOURS, MAX_COORDINATE, type Sheet, type Stroke, WIDTHS } from './ink.js';

/**
 * Shows a sheet on a canvas, as sharp as the screen is. Only what is new is painted; everything,
 * when something is gone or the size has changed.
 */
export class SheetView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  #sheet: Sheet;
  /** How much of the sheet is on the canvas. */
  #strokes = 0;
  #points = 0;
  #requested = false;

  constructor(canvas: HTMLCanvasElement, sheet: Sheet) {
    const context = canvas.getContext('2d');
    if (context === null) throw new Error('this browser cannot paint on a canvas');
    this.#canvas = canvas;
    this.#context = context;
    this.#sheet = sheet;
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Shows another sheet. */
  show(sheet: Sheet): void {
    this.#sheet = sheet;
    this.redraw();
  }

  /** Shows what was added, with the next frame. */
  update(): void {
    if (this.#requested) return;
    this.#requested = true;
    requestAnimationFrame(() => this.#paint());
  }

  /** Shows everything anew, with the next frame. */
  redraw(): void {
    this.#strokes = 0;
    this.#points = 0;
    this.update();
  }

  #resize(): void {
    const size = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (size === 0 || size === this.#canvas.width) return;
    this.#canvas.width = size;
    this.#canvas.height = size;
    this.redraw();
  }

  #paint(): void {
    this.#requested = false;
    const { strokes } = this.#sheet;
    if (this.#strokes === 0) {
      this.#context.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    }
    const first = Math.max(0, this.#strokes - 1);
    for (const [index, stroke] of strokes.slice(first).entries()) {
      const isBegun = index === 0 && this.#strokes > 0;
      this.#paintStroke(stroke, isBegun ? this.#points : 0);
    }
    this.#strokes = strokes.length;
    this.#points = (strokes.at(-1)?.points.length ?? 0) / 2;
  }

  /** Curves through the middles between the points: a finger's path, not a polygon. */
  #paintStroke({ colour, width, points }: Stroke, from: number): void {
    const { width: size } = this.#canvas;
    const scale = size / MAX_COORDINATE;
    const x = (place: number): number => (points[place * 2] ?? 0) * scale;
    const y = (place: number): number => (points[place * 2 + 1] ?? 0) * scale;
    const context = this.#context;
    context.strokeStyle = COLOURS[colour]?.css ?? '';
    context.lineWidth = (WIDTHS[width]?.share ?? 0) * size;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    const count = points.length / 2;
    if (from >= count) return;
    let place = Math.max(0, from - 2);
    const begin: [number, number] = place === 0 ? [x(0), y(0)] : middle(place);
    context.beginPath();
    context.moveTo(...begin);
    for (place += 1; place < count - 1; place++) {
      context.quadraticCurveTo(x(place), y(place), ...middle(place));
    }
    // Hardly longer than it is, so that a stroke of one point is a dot: a line to itself is nothing.
    context.lineTo(x(count - 1) + 0.01, y(count - 1));
    context.stroke();

    function middle(at: number): [number, number] {
      return [(x(at) + x(at + 1)) / 2, (y(at) + y(at + 1)) / 2];
    }
  }
}
