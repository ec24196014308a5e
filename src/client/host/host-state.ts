import type { MergePatch, SharedState } from '../api.js';
import { isObject, mergePatch } from '../shared/merge-patch.js';
import { diff, hasNull } from './state-patch.js';

const encoder = new TextEncoder();

/** Sends a state, and its changes. */
interface StateSender {
  setState(whole: Uint8Array, patch: Uint8Array | undefined): void;
}

/** The state that the host shares with everybody. */
export class HostState<State extends object> implements SharedState<State> {
  readonly #shares: StateSender;
  #value: unknown;

  constructor(shares: StateSender, initial: State) {
    this.#shares = shares;
    this.#share(toState(initial), undefined);
  }

  get value(): State {
    return this.#value as State;
  }

  set(state: State): void {
    this.#change(toState(state));
  }

  patch(patch: MergePatch<State>): void {
    this.#change(toState(mergePatch(this.#value, toJson(patch))));
  }

  // biome-ignore lint/suspicious/noConfusingVoidType: as in the interface
  update(change: (draft: State) => State | void): void {
    const draft = JSON.parse(JSON.stringify(this.#value));
    this.#change(toState(change(draft) ?? draft));
  }

  #change(state: unknown): void {
    const patch = diff(this.#value, state);
    if (patch !== undefined) this.#share(state, patch);
  }

  /** If it cannot be sent, the state stays as it is. */
  #share(state: unknown, patch: unknown): void {
    const toBytes = (value: unknown) => encoder.encode(JSON.stringify(value));
    this.#shares.setState(toBytes(state), patch === undefined ? undefined : toBytes(patch));
    // The result of the patch at the players: frozen, and with the same parts unchanged.
    this.#value = mergePatch(this.#value, patch ?? state);
  }
}

function toState(value: unknown): unknown {
  const state = toJson(value);
  if (!isObject(state)) throw new TypeError('state: expected an object');
  if (hasNull(state)) {
    throw new TypeError('state: null is only possible in lists: in a patch, it removes a member');
  }
  return state;
}

/** Converts values that JSON does not have in the way of `JSON.stringify`. */
function toJson(value: unknown): unknown {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}
