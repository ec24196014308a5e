import { Payload } from '../protocol/payload.js';
import { MAX_VALUES } from '../protocol/value-key.js';
import type { PlayerId } from './ids.js';
import { cost } from './offline-buffer.js';
import type { SavedValue } from './saved-room.js';
import type { RoomTotals } from './totals.js';

/** Whom a value is for. */
export type ValueOwner = 'everybody' | 'audience' | PlayerId;

/** Why a value cannot be stored. */
export type ValueRefusal =
  | { readonly is: 'tooManyKeys'; readonly limit: number }
  | { readonly is: 'tooManyBytes'; readonly limit: number }
  /** The values of all rooms take too much memory. */
  | { readonly is: 'noMemory' };

export interface ValueLimits {
  /** The most that one room stores, in bytes. */
  readonly keep: number;
  /** The most that all rooms store, in bytes; no limit without it. */
  readonly storage?: number | undefined;
  readonly totals: RoomTotals;
}

interface Value {
  readonly owner: ValueOwner;
  readonly key: string;
  readonly payload: Payload;
  /** Whether only those who ask for all values get it. */
  readonly later: boolean;
  /** Grows with each change of any value, and so gives their order. */
  readonly version: number;
}

type Values = Map<string, Value>;

/** The values that a room keeps for those who come later, each under a key. */
export class RoomValues {
  /** The version of the latest value. */
  version = 0;
  readonly #limits: ValueLimits;
  // Most rooms have none.
  #byOwner: Map<ValueOwner, Values> | undefined;
  #bytes = 0;

  constructor(limits: ValueLimits) {
    this.#limits = limits;
  }

  /** The state to save; nothing without values. */
  get saved(): { readonly values?: readonly SavedValue[] } {
    const all = [...(this.#byOwner?.values() ?? [])].flatMap((values) => [...values.values()]);
    return all.length === 0 ? {} : { values: all.sort(inOrder).map(toSaved) };
  }

  /**
   * Restores saved values. Those that the current limits do not allow are dropped.
   *
   * @param version at least the versions that players have seen
   */
  restore(saved: readonly SavedValue[], version: number): void {
    for (const value of saved) {
      this.version = value.version - 1;
      const { text, bytes = '', later } = value;
      const content = text === undefined ? Buffer.from(bytes, 'base64') : Buffer.from(text);
      const owner = value.audience ? 'audience' : (value.player ?? 'everybody');
      this.set([owner], value.key, new Payload(content, text !== undefined), later);
    }
    this.version = Math.max(version, saved.at(-1)?.version ?? 0);
  }

  /** Sets a value for all of these, or returns why that is not possible; then nothing changes. */
  set(
    owners: readonly ValueOwner[],
    key: string,
    payload: Payload,
    later = false,
  ): ValueRefusal | undefined {
    const before = owners.map((owner) => this.#byOwner?.get(owner));
    const growth = before.reduce(
      (sum, values) => sum + sizeOf(payload) - sizeOf(values?.get(key)?.payload),
      0,
    );
    const refusal = this.#refusal(before, key, growth);
    if (refusal !== undefined) return refusal;
    for (const owner of owners) this.#put(owner, key, payload.retained, later);
    this.#grow(growth);
    return undefined;
  }

  /** Forgets a value; an unknown key changes nothing. */
  forget(owner: ValueOwner, key: string): void {
    const values = this.#byOwner?.get(owner);
    this.#grow(-sizeOf(values?.get(key)?.payload));
    values?.delete(key);
    if (values?.size === 0) this.#byOwner?.delete(owner);
  }

  /** Forgets all values of this player, who has left. */
  forgetPlayer(player: PlayerId): void {
    for (const key of this.#byOwner?.get(player)?.keys() ?? []) this.forget(player, key);
  }

  /** Forgets everything: the room has ended. */
  clear(): void {
    this.#byOwner = undefined;
    this.#grow(-this.#bytes);
  }

  /**
   * What a connection gets first, in the order in which it was last set.
   *
   * @param version the latest version that the receiver has seen; 0 for none
   * @param receiver the player, and whether it has asked for all values
   */
  after(
    version: number,
    { player, all }: { readonly player: PlayerId; readonly all: boolean },
  ): Payload[] {
    if (this.#byOwner === undefined || this.version === version) return [];
    const [shared, own] = [this.#byOwner.get('everybody'), this.#byOwner.get(player)];
    const values = [...(shared?.values() ?? []), ...(own?.values() ?? [])];
    const newer = values.filter((value) => value.version > version && (all || !value.later));
    return newer.sort(inOrder).map(({ payload }) => payload);
  }

  /**
   * What a viewer gets first, in the order in which it was last set.
   *
   * @param all whether the viewer has asked for all values
   */
  forAudience(all: boolean): Payload[] {
    const every = [...(this.#byOwner?.get('audience')?.values() ?? [])];
    const values = every.filter(({ later }) => all || !later);
    return values.sort(inOrder).map(({ payload }) => payload);
  }

  #put(owner: ValueOwner, key: string, payload: Payload, later: boolean): void {
    this.#byOwner ??= new Map();
    const values = this.#byOwner.get(owner) ?? new Map();
    this.#byOwner.set(owner, values);
    values.set(key, { owner, key, payload, later, version: ++this.version });
  }

  #refusal(
    owners: readonly (Values | undefined)[],
    key: string,
    growth: number,
  ): ValueRefusal | undefined {
    const { keep, storage = Number.POSITIVE_INFINITY, totals } = this.#limits;
    if (owners.some((values) => values && values.size >= MAX_VALUES && !values.has(key))) {
      return { is: 'tooManyKeys', limit: MAX_VALUES };
    }
    if (this.#bytes + growth > keep) return { is: 'tooManyBytes', limit: keep };
    return growth > 0 && totals.storedBytes + growth > storage ? { is: 'noMemory' } : undefined;
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#limits.totals.storedBytes += bytes;
  }
}

/** Counts as a message in an offline buffer does. */
function sizeOf(payload: Payload | undefined): number {
  return payload === undefined ? 0 : cost(payload);
}

function inOrder(a: Value, b: Value): number {
  return a.version - b.version;
}

function toSaved({ owner, key, payload, later, version }: Value): SavedValue {
  const { buffer, byteOffset, length } = payload.bytes;
  const content = Buffer.from(buffer, byteOffset, length);
  return {
    key,
    version,
    ...(owner === 'audience' && { audience: true as const }),
    ...(typeof owner === 'number' && { player: owner }),
    ...(later && { later: true as const }),
    ...(payload.text ? { text: content.toString() } : { bytes: content.toString('base64') }),
  };
}
