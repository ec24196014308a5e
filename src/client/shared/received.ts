import { MAX_VALUES } from '../../protocol/value-key.js';
import { attempt } from '../browser.js';
import type { Data } from '../options.js';
import { toData } from '../session/message.js';
import type { SharedItem } from './item.js';
import { mergePatch } from './merge-patch.js';

export interface ReceivedSharesEffects {
  /** Decodes a value; `undefined` if that fails, which is reported. */
  decode(data: Data): readonly [value: unknown] | undefined;
  /** A value has changed; `undefined` if it is forgotten. */
  shared(key: string, value: unknown): void;
  /** The state has changed, by this patch; `undefined` if the whole has arrived. */
  state(state: unknown, patch: unknown): void;
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
    const isState = isPatch || kind === 'state';
    const versionKey = isState ? '' : key;
    const last = this.#versions.get(versionKey);
    const isSamePage = last?.mark === mark;
    if (isSamePage && number <= last.number) return;
    // Without the state that a patch is for, it is dropped: the whole follows.
    if (isPatch && !(isSamePage && number === last.number + 1)) return;
    const data = toData({ kind: kind === 'bytes' ? kind : 'text', body: content });
    const read = isState ? readJson : this.#effects.decode;
    const decoded = kind === 'forgotten' ? [undefined] : read(data);
    if (decoded === undefined) return;
    const [value] = decoded;
    this.#setVersion(versionKey, { mark, number });
    if (isState) {
      this.state = mergePatch(isPatch ? this.state : undefined, value);
      return this.#effects.state(this.state, isPatch ? value : undefined);
    }
    // The order of the map is that in which values were set.
    const isKnown = this.values.delete(key);
    if (kind !== 'forgotten') this.values.set(key, value);
    else if (!isKnown) return;
    this.#effects.shared(key, value);
    const [oldest = ''] = this.values.keys();
    if (this.values.size <= MAX_VALUES) return;
    this.values.delete(oldest);
    this.#effects.shared(oldest, undefined);
  }

  #setVersion(key: string, version: Version): void {
    this.#versions.delete(key);
    this.#versions.set(key, version);
    for (const each of this.#versions.keys()) {
      if (this.#versions.size <= MAX_VERSIONS) return;
      if (each !== '' && each !== key && !this.values.has(each)) this.#versions.delete(each);
    }
  }
}

function readJson(data: Data): [value: unknown] | undefined {
  return attempt(() => [JSON.parse(String(data))]);
}
