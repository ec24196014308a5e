import { isIP } from 'node:net';
import { MAX_PORT } from '../is-port.js';
import { expected } from './config-error.js';
import { converted, type Shape, text } from './shape.js';

/** An IPv4 or IPv6 address, without brackets. */
export const ipAddress: Shape<string> = converted(
  text(45, { pattern: /^[\da-fA-F.:]+$/, what: 'an IPv4 or IPv6 address without brackets' }),
  (address) => {
    if (isIP(address) === 0) throw new Error(`expected an IPv4 or IPv6 address, got "${address}"`);
    return address;
  },
);

/** A URL with one of these protocols, without user information and without a query. */
export function url(protocols: readonly string[]): Shape<string> {
  const pattern = new RegExp(`^(${protocols.join('|')})://[^\\s/?#@]+(/[^\\s?#]*)?$`);
  const what = `a URL such as ${protocols[0]}://example.org, without user, query and fragment`;
  return converted(text(2048, { pattern, what }), (given) => {
    if (!URL.canParse(given)) throw new Error(`expected ${what}, got "${given}"`);
    return given.replace(/\/+$/, '');
  });
}

/** A path in the file system, relative to the configuration's folder. */
export const path: Shape<string> = converted(text(4096), (given, context) =>
  context.resolvePath(given),
);

/** A range of ports for servers. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

const RANGE = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/;

/** Ports such as `30000-30100`, or one port. */
export const portRange: Shape<PortRange> = converted(
  text(11, { pattern: RANGE, what: 'ports such as "30000-30100"' }),
  (given) => {
    const [, from = '', to = from] = RANGE.exec(given) ?? [];
    const range = { first: Number(from), last: Number(to) };
    if (range.last > MAX_PORT || range.last < range.first) {
      throw new Error(`expected ports such as "30000-30100", up to ${MAX_PORT}, got "${given}"`);
    }
    return range;
  },
);

/** A port of a container. */
export interface ContainerPort {
  readonly number: number;
  readonly protocol: 'tcp' | 'udp';
}

const CONTAINER_PORT = /^([1-9]\d{0,4})\/(tcp|udp)$/;

export const containerPort: Shape<ContainerPort> = converted(
  text(9, { pattern: CONTAINER_PORT, what: 'a port such as "6420/udp"' }),
  (given) => {
    const [, port, protocol] = CONTAINER_PORT.exec(given) ?? [];
    if (Number(port) > MAX_PORT) throw new Error(`expected a port up to ${MAX_PORT}, got ${port}`);
    return { number: Number(port), protocol: protocol === 'tcp' ? 'tcp' : 'udp' };
  },
);

const MAX_U64 = 2n ** 64n - 1n;
const PROTOCOL_ID =
  'a number from 0 to 18446744073709551615, in quotes if it has 16 digits or more';

/** An unsigned 64-bit number, as a JSON number up to 2^53 - 1, or as text. */
export const protocolId: Shape<bigint> = {
  schema: {
    oneOf: [
      { type: 'string', pattern: '^\\d{1,20}$' },
      { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    ],
  },
  read(value, place) {
    const isText = typeof value === 'string' && /^\d{1,20}$/.test(value);
    const isNumber = Number.isSafeInteger(value) && Number(value) >= 0;
    if (!isText && !isNumber) return expected(place, PROTOCOL_ID, value);
    const id = BigInt(value as string | number);
    return id <= MAX_U64 ? id : expected(place, PROTOCOL_ID, value);
  },
};
