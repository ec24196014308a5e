/** The default upper bound of a number. */
export const MAX_UINT32 = 2 ** 32 - 1;

/** The bounds of a number, or the type of another value. */
type OptionType =
  | 'any'
  | readonly [min: number, max: number]
  | 'string'
  | 'boolean'
  | 'function'
  | 'object';

/** The types of a function's options, by name. */
export type OptionTypes = Readonly<Record<string, OptionType>>;

/** The options that `createRoom` and `joinRoom` have in common. */
export const CONNECT_OPTIONS: OptionTypes = {
  WebSocket: 'function',
  RTCPeerConnection: 'function',
  iceServers: 'object',
  storage: 'object',
  buffer: [1, MAX_UINT32],
  clock: 'object',
  codec: 'object',
  signal: 'object',
};

/**
 * Checks options. An option that is `undefined` counts as not given.
 *
 * @param functionName the name of the function, for the message
 * @throws TypeError if an option does not exist, or has another type
 * @throws RangeError if a number is not an integer, or out of bounds
 */
export function checkOptions(functionName: string, types: OptionTypes, options: object): void {
  for (const [name, value] of Object.entries(options)) {
    const kind = Object.hasOwn(types, name) ? types[name] : undefined;
    if (kind === undefined)
      throw unknownName(`${functionName}: there is no option`, name, Object.keys(types));
    if (value === undefined || kind === 'any') continue;
    const expected = `${functionName}: ${name}: expected`;
    if (typeof kind === 'string') {
      if (typeof value !== kind) throw new TypeError(`${expected} ${kind}`);
      continue;
    }
    const [min, max] = kind;
    if (!(Number.isInteger(value) && value >= min && value <= max)) {
      throw new RangeError(`${expected} an integer from ${min} to ${max}`);
    }
  }
}

/** The error for a name that does not exist. It lists the names that do. */
export function unknownName(
  message: string,
  name: PropertyKey,
  known: Iterable<PropertyKey>,
): TypeError {
  return new TypeError(`${message} ${String(name)}; there are ${[...known].join(', ')}`);
}
