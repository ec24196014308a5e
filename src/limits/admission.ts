import { CLOSE_REASONS, type CloseReason } from '../protocol/close-codes.js';
import { AddressBuckets } from './address-buckets.js';
import { isLoopback } from './ip-address.js';
import { Misses } from './misses.js';
import { NetworkCounts } from './network-counts.js';
import type { Overload } from './overload.js';
import { Slots } from './slots.js';

export interface AdmissionLimits {
  readonly maxConnections: number;
  readonly connectionsPerAddress: number;
  readonly roomsPerMinute: number;
  readonly missesPerMinute: number;
  readonly maxRooms: number;
  /**
   * The limit of the heap's old generation, in bytes. Disconnected players may use a quarter of it,
   * channels an eighth.
   */
  readonly heap: number;
  /** Whether loopback addresses are counted like others. */
  readonly limitLoopback: boolean;
}

/** TURN credentials per minute for one address: enough for all phones of a school at once. */
const ICE_PER_MINUTE = 256;

/**
 * Requests for places in games per minute for one address: enough for all phones of a school at once.
 * If `roomsPerMinute` is more, that applies; if it is off, this is too.
 */
const PLAYS_PER_MINUTE = 256;

/**
 * Sockets of an address for plain requests, beyond those for connections: a browser opens six, and
 * the phones of a school load a page at the same time.
 */
const PLAIN_SOCKETS = 64;

/** Requests of an address that are answered at the same time, with or without a proxy. */
const REQUESTS = 64;

/**
 * Disconnected players of an address that may reconnect: enough for a hall full of phones. If four
 * times the limit of connections is more, that applies.
 */
const DISCONNECTED_PLAYERS = 1024;

/** Heap memory of a disconnected player's seat with its timer: measured as 0.7 KiB. */
const SEAT_BYTES = 1024;

/** Disconnected hosts of an address. */
const DISCONNECTED_HOSTS = 64;

/**
 * The largest size of all channels of signaling-server, in bytes. If an eighth of the heap is less, that
 * applies.
 */
const CHANNEL_BYTES = 64 * 1024 * 1024;

/**
 * The part of that for one address: with 64 MiB, enough for the channels of 200 pairs of browsers.
 */
const CHANNEL_SHARE = 1 / 16;

/**
 * The most bytes of request bodies that are being read, and of answers that are being written. One
 * address may have a quarter: enough for its largest number of requests, each of the largest size.
 */
const BODY_BYTES = 32 * 1024 * 1024;

/** The part of all connections that viewers leave to hosts and players. */
const WITHOUT_VIEWERS = 1 / 4;

/** Connections beyond `maxConnections` for reconnecting clients: half of the spare sockets. */
const SPARE_CONNECTIONS = 48;

/** What is asked about the client of a WebSocket. */
export type ClientAdmission = Pick<
  Admission,
  | 'connect'
  | 'connectViewer'
  | 'reconnect'
  | 'openRoom'
  | 'tryCode'
  | 'isGuessLimited'
  | 'missed'
  | 'isOverLimit'
>;

/**
 * Decides what an address may do: each check returns the reason for a refusal, or `undefined`. It has
 * counts and rates per address and per network, and knows neither requests nor sockets. Times are in
 * milliseconds.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #overload: () => Overload | undefined;
  readonly #rooms: AddressBuckets;
  readonly #misses: Misses;
  readonly #plays: AddressBuckets;
  readonly #ice = new AddressBuckets(ICE_PER_MINUTE);
  /** Open sockets, by the peer's address. */
  readonly sockets: Slots;
  /** Requests that are being answered, by the client's address. */
  readonly requests: Slots;
  /** Disconnected players and hosts that may reconnect, by the address of their last connection. */
  readonly reconnectPlaces: { readonly players: Slots; readonly hosts: Slots };
  /**
   * Channels of signaling-server, and their size in bytes, by the address that created them.
   */
  readonly channels: Slots;
  readonly channelBytes: Slots;
  /** Bytes of bodies that are being read or written, by the client's address. */
  readonly bodyBytes: Slots;
  readonly #connections: NetworkCounts;
  #total = 0;

  constructor(limits: AdmissionLimits, overload: () => Overload | undefined) {
    this.#limits = limits;
    this.#overload = overload;
    this.#rooms = new AddressBuckets(limits.roomsPerMinute);
    const { roomsPerMinute } = limits;
    this.#plays = new AddressBuckets(roomsPerMinute && Math.max(PLAYS_PER_MINUTE, roomsPerMinute));
    this.#misses = new Misses(limits.missesPerMinute);
    const { maxConnections, connectionsPerAddress: perAddress } = limits;
    const perNetwork = maxConnections / 2;
    const isExempt = (address: string): boolean => this.#isExempt(address);
    this.#connections = new NetworkCounts(perNetwork);
    const sockets = perAddress && 2 * perAddress + PLAIN_SOCKETS;
    this.sockets = new Slots({ perAddress: sockets, perNetwork, isExempt });
    this.requests = new Slots({ perAddress: perAddress && REQUESTS, perNetwork, isExempt });
    this.channels = this.#shared(perAddress, limits.maxRooms);
    const channelBytes = Math.min(CHANNEL_BYTES, limits.heap / 8);
    this.channelBytes = this.#shared(perAddress && channelBytes * CHANNEL_SHARE, channelBytes);
    this.bodyBytes = this.#shared(perAddress && BODY_BYTES / 4, BODY_BYTES);
    this.reconnectPlaces = {
      players: this.#placesFor(
        perAddress && Math.max(DISCONNECTED_PLAYERS, 4 * perAddress),
        Math.floor(limits.heap / 4 / SEAT_BYTES),
      ),
      hosts: this.#placesFor(perAddress && DISCONNECTED_HOSTS, Math.ceil(limits.maxRooms / 2)),
    };
  }

  /** Checks whether this address may open a connection. */
  connect(address: string): CloseReason | undefined {
    const { maxConnections, connectionsPerAddress } = this.#limits;
    const isFull = this.#total >= maxConnections || this.#reaches(connectionsPerAddress, address);
    return isFull ? CLOSE_REASONS.relayFull : undefined;
  }

  /** The same for a viewer: the audience of one room must not use up all connections. */
  connectViewer(address: string): CloseReason | undefined {
    const isFull = this.#total >= this.#limits.maxConnections * (1 - WITHOUT_VIEWERS);
    return isFull ? CLOSE_REASONS.relayFull : this.connect(address);
  }

  /**
   * The same for a client that reconnects to its seat or room: twice as many per address, and some
   * more in total. Without a limit, an address with very many seats could use up all connections.
   */
  reconnect(address: string): CloseReason | undefined {
    const { maxConnections, connectionsPerAddress } = this.#limits;
    const limit = maxConnections + Math.ceil(Math.min(SPARE_CONNECTIONS, maxConnections / 8));
    const isFull = this.#total >= limit || this.#reaches(2 * connectionsPerAddress, address);
    return isFull ? CLOSE_REASONS.relayFull : undefined;
  }

  /** Whether this address, or the relay, has more connections than new clients may open. */
  isOverLimit(address: string): boolean {
    const { maxConnections, connectionsPerAddress } = this.#limits;
    if (this.#total > maxConnections) return true;
    if (!this.#isLimited(address)) return false;
    return this.#connections.exceeds(connectionsPerAddress, address);
  }

  /** A connection of this address was accepted. */
  connected(address: string): void {
    this.#total++;
    this.#connections.add(address);
  }

  /** A connection of this address has ended. */
  disconnected(address: string): void {
    this.#total--;
    this.#connections.remove(address);
  }

  /** Checks whether this address may open a room, or have a server started; counts the attempt. */
  openRoom(address: string, now: number): CloseReason | undefined {
    return this.#take(this.#rooms, address, now);
  }

  /** Checks whether this address may ask for a place in a game, and counts the request. */
  askToPlay(address: string, now: number): CloseReason | undefined {
    return this.#take(this.#plays, address, now);
  }

  /** Checks whether this address may try a code. */
  tryCode(address: string, now: number): CloseReason | undefined {
    if (this.isGuessLimited(address, now)) return CLOSE_REASONS.tooManyAttempts;
    return this.overload;
  }

  /** Why nobody may open rooms or try codes now. */
  get overload(): CloseReason | undefined {
    return this.#overload() === undefined ? undefined : CLOSE_REASONS.relayFull;
  }

  /** Whether this address has tried too many wrong codes. */
  isGuessLimited(address: string, now: number): boolean {
    return !this.#isExempt(address) && this.#misses.usedUp(address, now);
  }

  /** The address has tried a wrong code. */
  missed(address: string, code: string, now: number): void {
    if (!this.#isExempt(address)) this.#misses.count(address, code, now);
  }

  /** Whether this address may get TURN credentials. Counts the request. */
  requestIce(address: string, now: number): boolean {
    return this.#isExempt(address) || this.#ice.tryTake(address, now);
  }

  #take(buckets: AddressBuckets, address: string, now: number): CloseReason | undefined {
    if (!this.#isExempt(address) && !buckets.tryTake(address, now)) {
      return CLOSE_REASONS.tooManyAttempts;
    }
    return this.overload;
  }

  /** Whether this address has at least `count` connections, or one of its networks the multiple. */
  #reaches(count: number, address: string): boolean {
    return this.#isLimited(address) && this.#connections.reaches(count, address);
  }

  /** Whether the number of connections of this address is limited. */
  #isLimited(address: string): boolean {
    return this.#limits.connectionsPerAddress > 0 && !this.#isExempt(address);
  }

  #placesFor(perAddress: number, total: number): Slots {
    // The addresses of peers that were connected before a restart are unknown.
    const isExempt = (address: string): boolean => address === '' || this.#isExempt(address);
    return new Slots({ perAddress, perNetwork: total / 2, total, isExempt });
  }

  /** Slots with a limit in total and per address. */
  #shared(perAddress: number, total: number): Slots {
    const isExempt = (address: string): boolean => this.#isExempt(address);
    return new Slots({ perAddress, perNetwork: total / 2, total, isExempt });
  }

  #isExempt(address: string): boolean {
    return !this.#limits.limitLoopback && isLoopback(address);
  }
}
