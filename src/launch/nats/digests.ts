import type { DigestOwner } from '../session-store.js';
import type { StopTimer, Timers } from '../timers.js';

/**
 * A server publishes its context right after it has stored its digest, and listens then. The context
 * is not stored, so one that is missed must not keep players waiting; in milliseconds.
 */
const CONTEXT_TIME = 2000;

/** SHA-256 in hex with colons; some write it without, or in capitals. */
const DIGEST = /^[\da-f]{2}(?::?[\da-f]{2}){31}$/i;

interface Expected {
  /** The key that the relay's context gave to the server. */
  readonly key: string;
  /** The address that its launcher has said, when the server was ready. */
  ip: string | undefined;
  digest: string | undefined;
  /** The context may overtake the digest, which comes through JetStream. */
  isPublished: boolean;
  stopTimer: StopTimer | undefined;
}

/** Which servers have stored the digests of their certificates, and have published their contexts. */
export class Digests {
  readonly #expected = new Map<string, Expected>();
  readonly #timers: Timers;
  readonly #ready: (server: string, digest: string) => void;

  /** @param ready is called once for each server that is expected */
  constructor(timers: Timers, ready: (server: string, digest: string) => void) {
    this.#timers = timers;
    this.#ready = ready;
  }

  expect({ id, contextIp }: DigestOwner): void {
    this.#expected.set(id, {
      key: contextIp,
      ip: undefined,
      digest: undefined,
      isPublished: false,
      stopTimer: undefined,
    });
  }

  /** A launcher has said that the server is ready at this address: its digest is enough. */
  locate({ id }: DigestOwner, ip: string): void {
    const expected = this.#expected.get(id);
    if (expected !== undefined) expected.ip = ip;
  }

  /** A digest was stored under this key. */
  stored(key: string, digest: string): void {
    if (!DIGEST.test(digest)) return;
    for (const [id, expected] of this.#expected) {
      if (key !== expected.key && key !== expected.ip) continue;
      expected.digest = digest.toLowerCase();
      if (key === expected.ip || expected.isPublished) this.#tell(id);
      else expected.stopTimer ??= this.#timers.after(CONTEXT_TIME, () => this.#tell(id));
    }
  }

  /** A server has published its context, which names it. */
  published(id: string): void {
    const expected = this.#expected.get(id);
    if (expected === undefined) return;
    expected.isPublished = true;
    this.#tell(id);
  }

  /** The server has ended. */
  forget({ id }: DigestOwner): void {
    this.#expected.get(id)?.stopTimer?.();
    this.#expected.delete(id);
  }

  #tell(id: string): void {
    const { digest, stopTimer } = this.#expected.get(id) ?? {};
    if (digest === undefined) return;
    stopTimer?.();
    this.#expected.delete(id);
    this.#ready(id, digest);
  }
}
