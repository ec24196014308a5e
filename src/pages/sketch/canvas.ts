import { attempt, listen } from '../../client/browser.js';
import { COLOURS, MAX_COORDINATE, type Sheet, type Stroke, WIDTHS } from './ink.js';

/** Points of a stroke that are painted at once, so that a long stroke does not slow down a frame. */
const PIECE = 64;

/**
 * Shows a sheet on a canvas, in the resolution of the screen. Each frame repaints only the end of
 * the latest stroke, whose curve changes with the next point; everything before it is final.
 */
export class SheetView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** An off-screen canvas with everything that is final. */
  readonly #settled: CanvasRenderingContext2D;
  #sheet: Sheet;
  /** The number of strokes that are final, and the first point of the next stroke that is not. */
  #count = 0;
  #from = 0;
  #requested = false;

  constructor(canvas: HTMLCanvasElement, sheet: Sheet) {
    this.#canvas = canvas;
    this.#context = contextOf(canvas);
    this.#settled = contextOf(document.createElement('canvas'));
    this.#sheet = sheet;
    const resize = (): void => this.#resize();
    // Without an observer, the canvas is only resized together with the window.
    if (attempt(() => new ResizeObserver(resize).observe(canvas) === undefined)) return;
    listen(() => window, 'resize', resize);
  }

  /** Shows another sheet. */
  show(sheet: Sheet): void {
    this.#sheet = sheet;
    this.redraw();
  }

  /** Paints additions with the next frame. */
  update(): void {
    if (this.#requested) return;
    this.#requested = true;
    requestAnimationFrame(() => this.#paint());
  }

  /** Repaints everything with the next frame. */
  redraw(): void {
    this.#count = 0;
    this.#from = 0;
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
    const latest = strokes.at(-1);
    if (this.#count === 0 && this.#from === 0) clear(this.#settled);
    for (const stroke of strokes.slice(this.#count)) {
      // Always cut at the same points, so that a stroke looks the same painted live or at once.
      for (; lastPoint(stroke) > this.#from + PIECE; this.#from += PIECE) {
        paintPiece(this.#settled, stroke, this.#from, this.#from + PIECE);
      }
      if (stroke === latest) break;
      paintPiece(this.#settled, stroke, this.#from);
      this.#from = 0;
      this.#count++;
    }
    clear(this.#context);
    this.#context.drawImage(this.#settled.canvas, 0, 0);
    if (latest !== undefined) paintPiece(this.#context, latest, this.#from);
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

function lastPoint({ points }: Stroke): number {
  return points.length / 2 - 1;
}

/**
 * Paints curves through the midpoints between the points, because a finger's path is no polygon. A
 * piece goes from the midpoint after one point to the midpoint after another, or to the end.
 */
function paintPiece(context: CanvasRenderingContext2D, stroke: Stroke, from: number, to?: number) {
  const { colour, width, points } = stroke;
  const { width: size } = context.canvas;
  const scale = size / MAX_COORDINATE;
  const x = (place: number): number => (points[place * 2] ?? 0) * scale;
  const y = (place: number): number => (points[place * 2 + 1] ?? 0) * scale;
  const middleAfter = (place: number): [number, number] => [
    (x(place) + x(place + 1)) / 2,
    (y(place) + y(place + 1)) / 2,
  ];
  const last = lastPoint(stroke);
  context.strokeStyle = COLOURS[colour]?.css ?? '';
  context.lineWidth = (WIDTHS[width]?.share ?? 0) * size;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  context.beginPath();
  if (from === 0) context.moveTo(x(0), y(0));
  else context.moveTo(...middleAfter(from));
  for (let place = from + 1; place <= (to ?? last - 1); place++) {
    context.quadraticCurveTo(x(place), y(place), ...middleAfter(place));
  }
  // A line from a point to itself paints nothing: this one is a little longer, so that it is a dot.
  if (to === undefined) context.lineTo(x(last) + 0.01, y(last));
  context.stroke();
}
