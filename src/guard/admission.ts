import { CLOSINGS, type Closing } from '../protocol/close-codes.js';
import { isLoopback } from './address.js';
import { AddressBuckets } from './address-buckets.js';
import { Misses } from './misses.js';
import type { Overload } from './overload.js';

export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly connectionsPerAddress: number;
  readonly roomsPerMinute: number;
  readonly missesPerMinute: number;
  /** Whether loopback addresses are counted like others. */
  readonly limitLoopback: boolean;
}

/** Credentials for a TURN server a minute from one address: a school's phones, all at once. */
const ICE_PER_MINUTE = 256;

/**
 * Who may come in: each question gives the reason why not, or `undefined`. It holds counts and
 * rates per address, and knows nothing of requests and sockets. Times are in milliseconds.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #overload: () => Overload | undefined;
  readonly #rooms: AddressBuckets;
  readonly #misses: Misses;
  readonly #ice = new AddressBuckets(ICE_PER_MINUTE);
  readonly #connections = new Map<string, number>();
  #total = 0;

  constructor(limits: AdmissionLimits, overload: () => Overload | undefined) {
    this.#limits = limits;
    this.#overload = overload;
    this.#rooms = new AddressBuckets(limits.roomsPerMinute);
    this.#misses = new Misses(limits.missesPerMinute);
  }

  /** May this address have one more connection? */
  connect(address: string): Closing | undefined {
    if (this.#total >= this.#limits.maxConnections) return CLOSINGS.relayFull;
    const bound = this.#limits.connectionsPerAddress;
    if (bound === 0 || this.#isExempt(address)) return undefined;
    return (this.#connections.get(address) ?? 0) < bound ? undefined : CLOSINGS.relayFull;
  }

  /**
   * May this address have one more for somebody who comes back to a place? Those are not refused
   * for being many, but whoever gathers places is not to use up the relay with them: there may be
   * twice as many.
   */
  comeBack(address: string): Closing | undefined {
    const bound = this.#limits.connectionsPerAddress;
    if (bound === 0 || this.#isExempt(address)) return undefined;
    return (this.#connections.get(address) ?? 0) < 2 * bound ? undefined : CLOSINGS.relayFull;
  }

  /** The address has one connection more. */
  connected(address: string): void {
    this.#total++;
    this.#connections.set(address, (this.#connections.get(address) ?? 0) + 1);
  }

  /** The address has one connection less. */
  disconnected(address: string): void {
    this.#total--;
    const left = (this.#connections.get(address) ?? 0) - 1;
    if (left > 0) this.#connections.set(address, left);
    else this.#connections.delete(address);
  }

  /** May this address open a room? Asking counts. */
  openRoom(address: string, now: number): Closing | undefined {
    if (!this.#isExempt(address) && !this.#rooms.tryTake(address, now)) {
      return CLOSINGS.tooManyAttempts;
    }
    return this.#overload() === undefined ? undefined : CLOSINGS.relayFull;
  }

  /** May this address try a code? */
  tryCode(address: string, now: number): Closing | undefined {
    if (this.mayNotGuess(address, now)) return CLOSINGS.tooManyAttempts;
    return this.#overload() === undefined ? undefined : CLOSINGS.relayFull;
  }

  /** Has this address used up its guesses? */
  mayNotGuess(address: string, now: number): boolean {
    return !this.#isExempt(address) && this.#misses.usedUp(address, now);
  }

  /** The address has tried a code, and there is no such room. */
  missed(address: string, code: string, now: number): void {
    if (!this.#isExempt(address)) this.#misses.count(address, code, now);
  }

  /** May this address have servers for WebRTC, and a credential for them? Asking counts. */
  askForIce(address: string, now: number): boolean {
    return this.#isExempt(address) || this.#ice.tryTake(address, now);
  }

  #isExempt(address: string): boolean {
    return !this.#limits.limitLoopback && isLoopback(address);
  }
}
