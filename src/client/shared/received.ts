import { MAX_VALUES } from '../../protocol/value-key.js';
import { attempt } from '../browser.js';
import type { Data } from '../options.js';
import { toData } from '../session/message.js';
import type { SharedItem } from './item.js';
import { mergePatch } from './merge-patch.js';

export interface ReceivedSharesEffects {
  /** Decodes a value; `undefined` if that fails, which is reported. */
  decode(data: Data): readonly [value: unknown] | undefined;
  /**
   * A value has changed; `undefined` if it is forgotten.
   *
   * @param bytes its size before it was decoded
   */
  emit(bytes: number, name: 'shared', key: string, value: unknown): void;
  /**
   * The state has changed, by this patch; `undefined` if the whole has arrived.
   *
   * @param bytes the most that the state takes as JSON: each event has a whole one
   */
  emit(bytes: number, name: 'state', state: unknown, patch: unknown): void;
}

/** Of the state, of as many values as there may be, and of as many forgotten ones. */
const MAX_VERSIONS = 1 + 2 * MAX_VALUES;

/** The latest item of a key. */
type Version = Pick<SharedItem, 'mark' | 'number'>;

/**
 * What the host has shared with this player. The relay bounds what it stores, but the host may send
 * any number of keys: of more than the relay stores, only the latest are kept.
 */
export class ReceivedShares {
  readonly values = new Map<string, unknown>();
  /** Frozen; `undefined` before the whole has arrived. */
  state: unknown;
  /** The size of the whole that has arrived, and of all patches since then. */
  #stateBytes = 0;
  readonly #effects: ReceivedSharesEffects;
  /** By key, the latest last; the state has the empty one. Includes the latest forgotten values. */
  readonly #versions = new Map<string, Version>();

  constructor(effects: ReceivedSharesEffects) {
    this.#effects = effects;
  }

  /**
   * Handles an item of the session, where items are in order, or one that the relay has stored, which
   * comes before the session. So an item of another page is newer.
   */
  receive({ kind, mark, number, key, content }: SharedItem): void {
    const isPatch = kind === 'patch';
    // No value has the empty key.
    const isState = key === '';
    const last = this.#versions.get(key);
    const isSamePage = last?.mark === mark;
    if (isSamePage && number <= last.number) return;
    // Without the state that a patch is for, it is dropped: the whole follows.
    if (isPatch && !(isSamePage && number === last.number + 1)) return;
    // All other kinds are text.
    const data = toData({ kind: kind as 'bytes' | 'text', body: content });
    const read = isState ? readJson : this.#effects.decode;
    const isForgotten = kind === 'forgotten';
    const decoded = isForgotten ? [undefined] : read(data);
    if (decoded === undefined) return;
    const [value] = decoded;
    this.#versions.delete(key);
    this.#versions.set(key, { mark, number });
    if (isState) {
      this.state = mergePatch(isPatch ? this.state : undefined, value);
      this.#stateBytes = (isPatch ? this.#stateBytes : 0) + content.length;
      return this.#effects.emit(this.#stateBytes, 'state', this.state, isPatch ? value : undefined);
    }
    // The order of the map is that in which values were set.
    const isKnown = this.values.delete(key);
    if (!isForgotten) this.values.set(key, value);
    if (!isForgotten || isKnown) this.#effects.emit(content.length, 'shared', key, value);
    // Versions are in the same order: the oldest are dropped.
    for (const each of this.#versions.keys()) {
      const isTooMany = this.values.size > MAX_VALUES;
      if (isTooMany && this.values.delete(each)) this.#effects.emit(0, 'shared', each, undefined);
      const isDropped = this.#versions.size > MAX_VERSIONS && !this.values.has(each);
      if (isDropped && each !== '') this.#versions.delete(each);
    }
  }
}

function readJson(data: Data): [value: unknown] | undefined {
  return attempt(() => [JSON.parse(String(data))]);
}
