import { type Ink, MAX_COORDINATE } from '../ink.js';

export interface PenEvents {
  /** To be shown at once. */
  drawn(ink: Ink): void;
  /** To be sent: everything of one frame in one message. */
  sent(ink: Ink): void;
}

/** A finger, a stylus or a mouse on a canvas. */
export class Pen {
  colour = 0;
  width = 1;
  readonly #canvas: HTMLCanvasElement;
  readonly #events: PenEvents;
  /** The pointer that draws; others, such as the ball of the thumb, do not. */
  #pointer: number | undefined;
  /** What goes out with the next frame. */
  #waiting: Ink & { is: 'stroke' | 'more' } = { is: 'more', points: [] };

  constructor(canvas: HTMLCanvasElement, events: PenEvents) {
    this.#canvas = canvas;
    this.#events = events;
    canvas.onpointerdown = (event) => this.#down(event);
    canvas.onpointermove = (event) => this.#move(event);
    canvas.onpointerup = (event) => this.#up(event);
    canvas.onpointercancel = (event) => this.#up(event);
  }

  /** Ends the stroke, wherever the finger is. */
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
 * Every step of the finger since the last event, as fast as the glass reports them. Browsers have
 * this in secure contexts only (W3C Pointer Events 3); over plain HTTP it is one step a frame.
 */
function stepsOf(event: PointerEvent): PointerEvent[] {
  const steps = 'getCoalescedEvents' in event ? event.getCoalescedEvents() : [];
  return steps.length > 0 ? steps : [event];
}
