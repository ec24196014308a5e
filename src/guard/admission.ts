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

/** Beyond `maxConnections`, for those who come back to a place: half of the sockets that are spare. */
const SPARE_CONNECTIONS = 48;

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
    const { maxConnections, connectionsPerAddress } = this.#limits;
    const isFull = this.#total >= maxConnections || this.#reaches(connectionsPerAddress, address);
    return isFull ? CLOSINGS.relayFull : undefined;
  }

  /**
   * The same for who comes back to a place: there may be twice as many of an address, and some more
   * in all. Who gathers places is not to use the relay up by coming back to all of them at once.
   */
  comeBack(address: string): Closing | undefined {
    const { maxConnections, connectionsPerAddress } = this.#limits;
    const most = maxConnections + Math.ceil(Math.min(SPARE_CONNECTIONS, maxConnections / 8));
    const isFull = this.#total >= most || this.#reaches(2 * connectionsPerAddress, address);
    return isFull ? CLOSINGS.relayFull : undefined;
  }

  /** Whether there are more connections than may come anew, of this address or in all. */
  isOver(address: string): boolean {
    const { maxConnections, connectionsPerAddress } = this.#limits;
    return this.#total > maxConnections || this.#reaches(connectionsPerAddress + 1, address);
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

  /** Whether an address that is counted has so many connections. */
  #reaches(count: number, address: string): boolean {
    if (this.#limits.connectionsPerAddress === 0 || this.#isExempt(address)) return false;
    return (this.#connections.get(address) ?? 0) >= count;
  }

  #isExempt(address: string): boolean {
    return !this.#limits.limitLoopback && isLoopback(address);
  }
}
