import { COLOURS, MAX_COORDINATE, type Sheet, type Stroke, WIDTHS } from './ink.js';

/** Points of a stroke that are painted in one go: no frame takes longer because a stroke is long. */
const PIECE = 64;

/**
 * Shows a sheet on a canvas, as sharp as the screen is. The end of the latest stroke is painted
 * anew with every frame, for it bends once there are more points; all before it stays as it is.
 */
export class SheetView {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** Never seen itself: everything but the last piece of the latest stroke. */
  readonly #settled: CanvasRenderingContext2D;
  #sheet: Sheet;
  /** How many strokes are settled, and from which point on the next one is not. */
  #count = 0;
  #from = 0;
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
      // Always cut at the same points: painted live or at once, it looks the same.
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
 * Curves through the middles between the points: a finger's path, not a polygon. A piece goes from
 * the middle after one point to the middle after another, or to the end.
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
  // Hardly longer than it is, so that a stroke of one point is a dot: a line to itself is nothing.
  if (to === undefined) context.lineTo(x(last) + 0.01, y(last));
  context.stroke();
}
