import { vi } from 'vitest';
import type { Clock } from '../../../src/client/api.js';
import {
  type ResolvedEnvironment,
  resolveEnvironment,
  type Socket,
} from '../../../src/client/environment.js';

/** The fields of a greeting that asks, answers and says nothing. */
export const EMPTY_GREETING = {
  question: 0,
  received: 0,
  answer: 0,
  origin: 0,
  next: 0,
  player: 0,
};

/** The first greeting of a player with the SDK: a question from a page that is new to the host. */
export const FIRST_GREETING = { ...EMPTY_GREETING, from: 7, to: 0, question: 1 };

/** Resolves after the events that are buffered now have been delivered. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => queueMicrotask(resolve));

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Map<object, { at: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = {};
    this.#timers.set(timer, { at: this.#now + milliseconds, run });
    return () => void this.#timers.delete(timer);
  }

  /** Almost 1, so that jitter is at its maximum. */
  random(): number {
    return 1 - Number.EPSILON;
  }

  /** Advances the time, and calls due timers in order. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = [...this.#timers].filter(([, { at }]) => at <= end);
      const [first] = due.sort(([, a], [, b]) => a.at - b.at);
      if (first === undefined) break;
      const [timer, { at, run }] = first;
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, at);
      run();
    }
    this.#now = end;
  }

  /** The time until the next timer, in milliseconds. */
  get next(): number {
    return Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.#now;
  }

  get timers(): number {
    return this.#timers.size;
  }
}

/** A socket whose other end is the test. */
export class FakeSocket implements Socket {
  static all: FakeSocket[] = [];
  /** An exception of the constructor, as browsers throw for `ws://` in a page over HTTPS. */
  static refusal: Error | undefined;

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (socket === undefined) throw new Error('there is no connection');
    return socket;
  }

  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  bufferedAmount = 0;
  readonly sent: (string | Uint8Array)[] = [];
  closedWith: number | undefined;

  constructor(readonly url: string) {
    if (FakeSocket.refusal !== undefined) throw FakeSocket.refusal;
    FakeSocket.all.push(this);
  }

  send(data: string | Uint8Array): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  open(): void {
    this.onopen?.();
  }

  receive(data: string | Uint8Array): void {
    this.onmessage?.({ data: typeof data === 'string' ? data : new Uint8Array(data).buffer });
  }

  lose(code = 1006, reason = ''): void {
    this.onclose?.({ code, reason });
  }
}

/** An environment in which nothing happens unless the test causes it. */
export function stillEnvironment(): ResolvedEnvironment & { readonly clock: FakeClock } {
  FakeSocket.all = [];
  FakeSocket.refusal = undefined;
  // HTTP requests fail unless the test defines an answer.
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
  const clock = new FakeClock();
  return { ...resolveEnvironment({ WebSocket: FakeSocket, storage: null, clock }), clock };
}

/** Lets pending promises settle. */
export async function settle(): Promise<void> {
  for (let step = 0; step < 20; step++) await Promise.resolve();
}
