import type { Clock, KeyStorage } from '../../../src/client/api.js';
import { type Resolved, resolve, type Socket } from '../../../src/client/environment.js';

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

  /** The most that jitter can be, nearly. */
  random(): number {
    return 1 - Number.EPSILON;
  }

  /** Lets time pass; what is due meanwhile happens, in order. */
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

  /** How long until the next timer, in milliseconds. */
  get next(): number {
    return Math.min(...[...this.#timers.values()].map(({ at }) => at)) - this.#now;
  }

  get timers(): number {
    return this.#timers.size;
  }
}

/** A socket whose other side is the test. */
export class FakeSocket implements Socket {
  static all: FakeSocket[] = [];
  /** What the constructor throws, as a browser's does for `ws://` in a page over HTTPS. */
  static refusal: Error | undefined;

  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (socket === undefined) throw new Error('nobody has connected');
    return socket;
  }

  binaryType = '';
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: (() => void) | null = null;
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

/** As `sessionStorage` is: one for each tab. */
export function newTab(): KeyStorage {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** An environment in which nothing happens by itself. */
export function stillEnvironment(): Resolved & { readonly clock: FakeClock } {
  FakeSocket.all = [];
  FakeSocket.refusal = undefined;
  const clock = new FakeClock();
  return { ...resolve({ WebSocket: FakeSocket, storage: null, clock }), clock };
}
