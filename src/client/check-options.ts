/** The largest number of an option that says nothing else. */
export const MOST = 2 ** 32 - 1;

/** The bounds of a number, or the type of any other value. */
type Kind = readonly [least: number, most: number] | 'string' | 'boolean' | 'function' | 'object';

/** The options of a function. */
export type OptionKinds = Readonly<Record<string, Kind>>;

/** The options that `createRoom` and `joinRoom` have in common. */
export const CONNECT_OPTIONS: OptionKinds = {
  WebSocket: 'function',
  RTCPeerConnection: 'function',
  iceServers: 'object',
  storage: 'object',
  buffer: [1, MOST],
  clock: 'object',
  codec: 'object',
  signal: 'object',
};

/**
 * Checks options; those that are `undefined` count as not given.
 *
 * @param of the function, for the message
 * @throws TypeError if an option does not exist, or has another type
 * @throws RangeError if a number is not an integer, or out of bounds
 */
export function checkOptions(of: string, kinds: OptionKinds, given: object): void {
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) throw noSuch(`${of}: there is no option`, name, Object.keys(kinds));
    if (value === undefined) continue;
    const expected = `${of}: ${name}: expected`;
    if (typeof kind === 'string') {
      if (typeof value !== kind) throw new TypeError(`${expected} ${kind}`);
      continue;
    }
    const [least, most] = kind;
    if (!(Number.isInteger(value) && value >= least && value <= most)) {
      throw new RangeError(`${expected} an integer from ${least} to ${most}`);
    }
  }
}

/** The error for a name that does not exist: lists those that do. */
export function noSuch(words: string, name: PropertyKey, known: Iterable<PropertyKey>): TypeError {
  return new TypeError(`${words} ${String(name)}; there are ${[...known].join(', ')}`);
}
