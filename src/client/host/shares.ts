import { isUsableKey } from '../../protocol/value-key.js';
import type { Message } from '../session/envelope.js';
import { type SharedItem, toSharedSignal, toStoredFrame } from '../shared/item.js';
import { HostState } from './host-state.js';
import type { Command } from './room-commands.js';

/** The most values. The relay stores 64, of which one is the state. */
const MAX_VALUES = 60;

/** The longest key, in characters: the relay's limit, less the prefix. */
const MAX_KEY = 30;

/** The overhead of the command that stores an item, with its key, in bytes. */
const STORE_BYTES = 200;

/** The keys at the relay: those of the game have a prefix. */
const STATE_KEY = 'state';
const AUDIENCE_KEY = 'audience';
const toStoredKey = (key: string): string => `v:${key}`;

export interface SharesEffects {
  /** Sends an item to all players with this SDK. */
  send(item: Message): void;
  /**
   * Sends a command to the relay. Does nothing while the host is disconnected, or if the relay stores no
   * values.
   */
  store(command: Command): void;
  /** Whether the room can have viewers. */
  hasAudience(): boolean;
  /** @throws SendError if an item of this size cannot be sent */
  check(bytes: number): void;
}

/** What the host has shared, so that late players get it: from the host, or from the relay. */
export class Shares {
  readonly #effects: SharesEffects;
  readonly #mark: number;
  #values = 0;
  #states = 0;
  /** The current values, in the order in which they were set. */
  readonly #current = new Map<string, Message>();
  /** The latest forgotten values: a player may have got them from the relay. */
  readonly #forgotten = new Map<string, Message>();
  #state: Message | undefined;
  #hostState: HostState<object> | undefined;
  #poll: readonly string[] = [];
  #polls = 0;
  #audiences = 0;

  /** @param mark a random number from 1 to 2^32 - 1 */
  constructor(mark: number, effects: SharesEffects) {
    this.#mark = mark;
    this.#effects = effects;
  }

  /** Everything that a new player needs. */
  get all(): readonly Message[] {
    const state = this.#state === undefined ? [] : [this.#state];
    return [...state, ...this.#current.values(), ...this.#forgotten.values()];
  }

  /**
   * Shares a value in place of the one with the same key.
   *
   * @param value is forgotten if `undefined`
   * @throws RangeError if the key is too long, or there are too many
   * @throws SendError if the value cannot be sent
   */
  share(key: string, value: Message | undefined): void {
    this.#checkKey(key, value !== undefined);
    const kind = value?.kind === 'signal' ? undefined : value?.kind;
    const content = value?.body ?? new Uint8Array();
    const number = this.#values + 1;
    const item = this.#write({ kind: kind ?? 'forgotten', number, key, content });
    this.#values = number;
    const isKnown = this.#current.delete(key);
    this.#forgotten.delete(key);
    (kind === undefined ? this.#forgotten : this.#current).set(key, item);
    const [oldest] = this.#forgotten.keys();
    if (oldest !== undefined && this.#forgotten.size > MAX_VALUES) this.#forgotten.delete(oldest);
    this.#effects.send(item);
    this.#store(toStoredKey(key), kind && item);
    this.#show(item);
    if (isKnown !== (kind !== undefined)) this.#showAudience();
  }

  /**
   * Shares a state in place of the one before.
   *
   * @throws TypeError if it cannot be a state
   * @throws SendError if it cannot be sent
   */
  shareState<State extends object>(initial: State): HostState<State> {
    if (this.#hostState === undefined) this.#hostState = new HostState<object>(this, initial);
    else this.#hostState.set(initial);
    return this.#hostState as HostState<State>;
  }

  /**
   * Sends a change of the state.
   *
   * @param whole the new state as JSON
   * @param patch what has changed, as JSON; `undefined` if players need the whole
   * @throws SendError if it cannot be sent
   */
  setState(whole: Uint8Array, patch: Uint8Array | undefined): void {
    const number = this.#states + 1;
    const state = this.#write({ kind: 'state', number, key: '', content: whole });
    this.#states = number;
    this.#state = state;
    const change =
      patch === undefined ? state : this.#write({ kind: 'patch', number, key: '', content: patch });
    this.#effects.send(change);
    this.#store(STATE_KEY, state);
    this.#show(change);
  }

  /** Shows a poll to the audience; no choices end it. */
  setPoll(choices: readonly string[]): void {
    this.#poll = choices;
    this.#polls++;
    this.#showAudience();
  }

  /** There is a new connection to the relay: repeats what may have been lost with the last one. */
  repeat(): void {
    for (const key of this.#forgotten.keys()) this.#store(toStoredKey(key), undefined);
    if (this.#state !== undefined) this.#store(STATE_KEY, this.#state);
    for (const [key, item] of this.#current) this.#store(toStoredKey(key), item);
    for (const item of this.all) this.#show(item);
    if (this.#audiences > 0) this.#showAudience();
  }

  #checkKey(key: string, isAdded: boolean): void {
    if (typeof key !== 'string') throw new TypeError('share: expected a string as the key');
    if (!isUsableKey(toStoredKey(key)) || key === '') {
      throw new RangeError(`share: expected a key of 1 to ${MAX_KEY} characters`);
    }
    if (isAdded && !this.#current.has(key) && this.#current.size >= MAX_VALUES) {
      throw new RangeError(`share: expected at most ${MAX_VALUES} keys`);
    }
  }

  #write(item: Omit<SharedItem, 'mark'>): Message {
    const signal = toSharedSignal({ ...item, mark: this.#mark });
    this.#effects.check(signal.body.length + STORE_BYTES);
    return signal;
  }

  /** Without `later`, players without this SDK would get it. */
  #store(key: string, item: Message | undefined): void {
    const audience = this.#effects.hasAudience() && { audience: true };
    const command = { cmd: 'to', to: [], keep: key, later: true, ...audience };
    this.#effects.store(item === undefined ? command : { ...command, data: toStoredFrame(item) });
  }

  /** Sends an item to the viewers who are connected. */
  #show(item: Message): void {
    if (!this.#effects.hasAudience()) return;
    this.#effects.store({ cmd: 'to', to: [], audience: 'only', data: toStoredFrame(item) });
  }

  /**
   * Shows the audience which keys there are, so that a viewer who was disconnected knows what is
   * forgotten, and the poll.
   */
  #showAudience(): void {
    if (!this.#effects.hasAudience()) return;
    const shown = { keys: [...this.#current.keys()], poll: this.#poll, number: this.#polls };
    const content = new TextEncoder().encode(JSON.stringify(shown));
    const item = this.#write({ kind: 'audience', number: ++this.#audiences, key: '', content });
    const data = toStoredFrame(item);
    const command = { cmd: 'to', to: [], audience: 'only', data };
    this.#effects.store({ ...command, keep: AUDIENCE_KEY });
  }
}
