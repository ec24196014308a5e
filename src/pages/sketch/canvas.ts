import { COLOURS, MAX_COORDINATE, type Sheet, type Stroke, WIDTHS } from './ink.js';

/**
 * Shows a sheet on a canvas, as sharp as the screen is. The latest stroke is painted whole with
 * every frame, for its end bends once there are more points; those before it stay as they are.
 */
export class SheetView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** Never seen itself: all strokes but the latest. */
  readonly #settled: CanvasRenderingContext2D;
  #sheet: Sheet;
  /** How many strokes of the sheet are settled. */
  #count = 0;
  #requested = false;

  constructor(canvas: HTMLCanvasElement, sheet: Sheet) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    this.#settled = contextOf(document.createElement('canvas'));
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
    this.#count = 0;
    this.update();
  }

  #resize(): void {
    const size = Math.round(this.#canvas.clientWidth * devicePixelRatio);
    if (size === 0 || size === this.#canvas.width) return;
    for (const canvas of [this.#canvas, this.#settled.canvas]) {
      canvas.width = size;
      canvas.height = size;
    }
    this.redraw();
  }

  #paint(): void {
    this.#requested = false;
    const { strokes } = this.#sheet;
    if (this.#count === 0) clear(this.#settled);
    for (const stroke of strokes.slice(this.#count, -1)) paintStroke(this.#settled, stroke);
    this.#count = Math.max(0, strokes.length - 1);
    clear(this.#context);
    this.#context.drawImage(this.#settled.canvas, 0, 0);
    const latest = strokes.at(-1);
    if (latest !== undefined) paintStroke(this.#context, latest);
  }
}

function contextOf(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('this browser cannot paint on a canvas');
  return context;
}

function clear(context: CanvasRenderingContext2D): void {
  context.clearRect(0, 0, context.canvas.width, context.canvas.height);
}

/** Curves through the middles between the points: a finger's path, not a polygon. */
function paintStroke(context: CanvasRenderingContext2D, { colour, width, points }: Stroke): void {
  const { width: size } = context.canvas;
  const scale = size / MAX_COORDINATE;
  const x = (place: number): number => (points[place * 2] ?? 0) * scale;
  const y = (place: number): number => (points[place * 2 + 1] ?? 0) * scale;
  const middle = (a: number, b: number): number => (a + b) / 2;
  const last = points.length / 2 - 1;
  context.strokeStyle = COLOURS[colour]?.css ?? '';
  context.lineWidth = (WIDTHS[width]?.share ?? 0) * size;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  context.moveTo(x(0), y(0));
  for (let place = 1; place < last; place++) {
    const next = place + 1;
    context.quadraticCurveTo(
      x(place),
      y(place),
      middle(x(place), x(next)),
      middle(y(place), y(next)),
    );
  }
  // Hardly longer than it is, so that a stroke of one point is a dot: a line to itself is nothing.
  context.lineTo(x(last) + 0.01, y(last));
  context.stroke();
}
