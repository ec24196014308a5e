import { type Ink, MAX_COORDINATE } from '../ink.js';

export interface PenEvents {
  /** Ink to show at once. */
  drawn(ink: Ink): void;
  /** Ink to send: everything drawn in one animation frame. */
  sent(ink: Ink): void;
}

/** Draws with a finger, a stylus or a mouse on a canvas. */
export class Pen {
  colour = 0;
  width = 1;
  readonly #canvas: HTMLCanvasElement;
  readonly #events: PenEvents;
  /** The pointer that draws; other pointers, such as the palm, are ignored. */
  #pointer: number | undefined;
  /** Ink that is sent with the next frame. */
  #waiting: Ink & { is: 'stroke' | 'more' } = { is: 'more', points: [] };

  constructor(canvas: HTMLCanvasElement, events: PenEvents) {
    this.#canvas = canvas;
    this.#events = events;
    canvas.onpointerdown = (event) => this.#down(event);
    canvas.onpointermove = (event) => this.#move(event);
    canvas.onpointerup = (event) => this.#up(event);
    canvas.onpointercancel = (event) => this.#up(event);
  }

  /** Ends the current stroke. */
  lift(): void {
    this.#flush();
    this.#pointer = undefined;
  }

  #down(event: PointerEvent): void {
    if (this.#pointer !== undefined || event.button !== 0) return;
    this.#pointer = event.pointerId;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#flush();
    const { colour, width } = this;
    const points = this.#place(event);
    this.#events.drawn({ is: 'stroke', colour, width, points });
    this.#waiting = { is: 'stroke', colour, width, points };
    this.#flushSoon();
  }

  #move(event: PointerEvent): void {
    if (event.pointerId !== this.#pointer) return;
    const points = stepsOf(event).flatMap((step) => this.#place(step));
    this.#events.drawn({ is: 'more', points });
    if (this.#waiting.points.length === 0) this.#flushSoon();
    this.#waiting.points.push(...points);
  }

  #up(event: PointerEvent): void {
    if (event.pointerId === this.#pointer) this.lift();
  }

  #flushSoon(): void {
    requestAnimationFrame(() => this.#flush());
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = { is: 'more', points: [] };
    if (waiting.points.length > 0) this.#events.sent(waiting);
  }

  #place({ clientX, clientY }: PointerEvent): number[] {
    const { left, top, width, height } = this.#canvas.getBoundingClientRect();
    return [coordinate((clientX - left) / width), coordinate((clientY - top) / height)];
  }
}

function coordinate(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * MAX_COORDINATE);
}

/**
 * All positions since the last event, at the rate of the touch screen. Browsers provide these in
 * secure contexts only (W3C Pointer Events 3); over plain HTTP there is one position per frame.
 */
function stepsOf(event: PointerEvent): PointerEvent[] {
  const steps = 'getCoalescedEvents' in event ? event.getCoalescedEvents() : [];
  return steps.length > 0 ? steps : [event];
}
