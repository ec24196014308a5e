import { isCertDigest } from '../cert-digest.js';
import type { DigestOwner } from '../session-store.js';
import type { StopTimer, Timers } from '../timers.js';

/**
 * How long to wait for the context of a server that has stored its digest, in milliseconds. The server
 * publishes it at once, and then accepts players; but it is not stored, so the relay may miss it.
 */
const CONTEXT_TIMEOUT = 2000;

interface ExpectedServer {
  /** The key under which the server stores its digest: the address in its context. */
  readonly key: string;
  /** The address that the launcher has reported. */
  ip: string | undefined;
  digest: string | undefined;
  /** Whether the context was published. It may arrive before the digest, which passes through JetStream. */
  isPublished: boolean;
  stopTimer: StopTimer | undefined;
}

/** Detects that servers are ready: they have stored their certificate's digest and published their context. */
export class Digests {
  readonly #expected = new Map<string, ExpectedServer>();
  readonly #timers: Timers;
  readonly #ready: (server: string, digest: string) => void;

  /** @param ready is called once for each expected server */
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

  /** The launcher has reported this address. A digest that is stored under it needs no context. */
  locate({ id }: DigestOwner, ip: string): void {
    const expected = this.#expected.get(id);
    if (expected !== undefined) expected.ip = ip;
  }

  /** A digest was stored under this key. */
  stored(key: string, digest: string): void {
    if (!isCertDigest(digest)) return;
    for (const [id, expected] of this.#expected) {
      if (key !== expected.key && key !== expected.ip) continue;
      expected.digest = digest.toLowerCase();
      if (key === expected.ip || expected.isPublished) this.#reportReady(id);
      else expected.stopTimer ??= this.#timers.after(CONTEXT_TIMEOUT, () => this.#reportReady(id));
    }
  }

  /** A server has published its context, which contains its id. */
  published(id: string): void {
    const expected = this.#expected.get(id);
    if (expected === undefined) return;
    expected.isPublished = true;
    this.#reportReady(id);
  }

  /** The server has ended. */
  forget({ id }: DigestOwner): void {
    this.#expected.get(id)?.stopTimer?.();
    this.#expected.delete(id);
  }

  #reportReady(id: string): void {
    const { digest, stopTimer } = this.#expected.get(id) ?? {};
    if (digest === undefined) return;
    stopTimer?.();
    this.#expected.delete(id);
    this.#ready(id, digest);
  }
}
