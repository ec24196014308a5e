// biome-ignore-all lint/style/noExcessiveLinesPerFile: a table, in which each option is described once

import { DIALECTS } from './protocol/dialects.js';
import { NODE_URL } from './protocol/node-url.js';
import { CODE_LENGTH, MAX_CODE_LENGTH } from './protocol/room-code.js';
import { CODE_SPACE } from './rooms/room-code.js';
import { KIB, MIB } from './units.js';

/*
 * All options, each described once. The command line, the environment variables, the help, the
 * README's table and the validation of `createRelay` options are derived from this table.
 */

interface Described {
  /** One line for `--help` and the README. */
  readonly help: string;
  /** A one-letter flag besides the long one. */
  readonly short?: string;
  /** A second environment variable, used if the option's own is not set. */
  readonly alias?: string;
}

/** The unit of a number; times may have a decimal point. See options/read.ts. */
export type Unit = 'bytes' | 'count' | 'seconds' | 'milliseconds' | 'percent';

export interface NumberOption extends Described {
  readonly kind: 'number';
  readonly unit: Unit;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What 0 means, if it has a special meaning. */
  readonly zero?: 'off' | 'automatic';
}

export interface TextOption extends Described {
  readonly kind: 'text';
  readonly default: string;
  /** The allowed values; any text if there is no list. */
  readonly choices?: readonly string[];
  /** The pattern that it has to match, unless it is empty. */
  readonly pattern?: RegExp;
  /** The pattern in words, for the error. */
  readonly format?: string;
  /** The value is never shown, not even in an error. */
  readonly secret?: true;
  /** In characters. */
  readonly maxLength?: number;
}

/** On or off. A flag that is on by default is turned off by `--no-…`. */
export interface FlagOption extends Described {
  readonly kind: 'flag';
  readonly default: boolean;
}

export type OptionSpec = NumberOption | TextOption | FlagOption;

export const OPTIONS = {
  port: {
    kind: 'number',
    unit: 'count',
    default: 8081,
    min: 0,
    max: 65_535,
    short: 'p',
    alias: 'PORT',
    help: 'port to listen on; 0 chooses a free port',
  },
  host: {
    kind: 'text',
    default: '',
    short: 'H',
    help: 'address to listen on; all interfaces if empty',
  },
  workers: {
    kind: 'number',
    unit: 'count',
    default: 1,
    min: 0,
    max: 64,
    zero: 'automatic',
    help: 'processes that share the rooms; auto, or 0, starts one for each core',
  },
  workerPort: {
    kind: 'number',
    unit: 'count',
    default: 0,
    min: 0,
    max: 65_535,
    zero: 'off',
    help: 'port of the first worker, for a proxy that routes by codes; the next ones have the next ports',
  },
  tlsCert: { kind: 'text', default: '', help: 'file with the certificate chain; serves TLS' },
  tlsKey: { kind: 'text', default: '', help: "file with the certificate's private key" },

  dialects: {
    kind: 'text',
    default: DIALECTS.join(),
    help: 'protocols to speak, separated by commas; the paths of all others do not exist',
  },

  launchConfig: {
    kind: 'text',
    default: '',
    help: 'JSON file with the games whose servers are started on demand; without it, none are',
  },

  // Several machines.
  cluster: {
    kind: 'text',
    default: '',
    secret: true,
    pattern: /^(nats|tls):\/\/[^\s,]+(,\1:\/\/[^\s,]+)*$/,
    format:
      'the URL of a NATS server, such as nats://127.0.0.1:4222, or several with commas and without spaces between',
    help: 'NATS servers, separated by commas, by which relays share their rooms: nats://127.0.0.1:4222',
  },
  clusterName: {
    kind: 'text',
    default: 'lobby-relay',
    pattern: /^[\w-]{1,64}$/,
    format: 'up to 64 letters, digits, _ and -',
    help: 'name of the cluster; relays with the same one share their rooms',
  },
  clusterCreds: { kind: 'text', default: '', help: 'credentials file for NATS' },
  clusterReplicas: {
    kind: 'number',
    unit: 'count',
    default: 1,
    min: 1,
    max: 5,
    help: 'NATS servers that store each room and code of the cluster; set it to 3 if there are three',
  },
  node: {
    kind: 'text',
    default: '',
    pattern: /^[\w-]{1,64}$/,
    format: 'up to 64 letters, digits, _ and -',
    help: 'name of this relay in the cluster; the name of the machine if empty',
  },
  nodeUrl: {
    kind: 'text',
    default: '',
    pattern: NODE_URL,
    format:
      'a URL such as wss://one.relay.example.org, of at most 123 characters, without user and query',
    help: 'URL at which clients reach this relay and no other of the cluster',
  },
  letters: {
    kind: 'text',
    default: '',
    pattern: /^[B-DF-HJ-NP-TV-XZ]{1,20}$/i,
    format: 'letters that codes begin with, such as BCDF',
    help: 'first letters of the codes of this relay, for a proxy that routes by them',
  },

  // Access.
  trustProxy: {
    kind: 'text',
    default: '',
    help: 'trusted proxies, whose X-Forwarded-For is used: loopback, private, addresses, networks',
  },
  origin: {
    kind: 'text',
    default: '',
    help: 'origins of pages that may connect, separated by commas; all pages if empty',
  },
  createToken: {
    kind: 'text',
    default: '',
    secret: true,
    // It has to fit into the head of a request.
    maxLength: 4096,
    help: 'token that a host must send to open a room, as ?token= or Authorization: Bearer',
  },
  limitLoopback: {
    kind: 'flag',
    default: false,
    help: 'apply the limits per address to loopback addresses too',
  },

  // Counts and rates.
  maxPlayers: {
    kind: 'number',
    unit: 'count',
    default: 1000,
    min: 1,
    max: 65_535,
    help: 'maximum players in a room; a host that requests more gets this many',
  },
  maxAudience: {
    kind: 'number',
    unit: 'count',
    default: 10_000,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'maximum viewers in the audience of a room; a host that requests more gets this many',
  },
  maxRooms: {
    kind: 'number',
    unit: 'count',
    default: 10_000,
    min: 1,
    max: CODE_SPACE / 2,
    help: 'maximum rooms; further hosts are closed with 1013',
  },
  codeLength: {
    kind: 'number',
    unit: 'count',
    default: CODE_LENGTH,
    min: CODE_LENGTH,
    max: MAX_CODE_LENGTH,
    help: 'letters of a room code; each further letter makes it 20 times as hard to guess',
  },
  customCodes: {
    kind: 'flag',
    default: false,
    help: 'let hosts choose the codes of their rooms',
  },
  maxConnections: {
    kind: 'number',
    unit: 'count',
    default: 0,
    min: 0,
    max: 1_000_000,
    zero: 'automatic',
    help: 'maximum connections; 0 allows as many as the file descriptor limit',
  },
  connectionsPerAddress: {
    kind: 'number',
    unit: 'count',
    default: 256,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'maximum connections from one address; further ones are closed with 1013',
  },
  roomsPerMinute: {
    kind: 'number',
    unit: 'count',
    default: 30,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'maximum rooms that one address may open, and game servers that are started for it, per minute; further rooms are closed with 4029',
  },
  missesPerMinute: {
    kind: 'number',
    unit: 'count',
    default: 60,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'maximum wrong codes from one address per minute; after that, all its attempts are closed with 4029',
  },

  // Sizes.
  maxPlayerMessage: {
    kind: 'number',
    unit: 'bytes',
    default: 4 * MIB,
    min: KIB,
    max: 256 * MIB,
    help: 'largest message from a player; a larger one closes the connection with 1009',
  },
  maxHostMessage: {
    kind: 'number',
    unit: 'bytes',
    default: 16 * MIB,
    min: KIB,
    max: 256 * MIB,
    help: 'largest message from a host; a larger one closes the connection with 1009',
  },
  playerMessages: {
    kind: 'number',
    unit: 'count',
    default: 1000,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'messages per second from one player, with bursts of ten times that; above it, reading slows down',
  },
  playerBytes: {
    kind: 'number',
    unit: 'bytes',
    default: 4 * MIB,
    min: 0,
    max: 1024 * MIB,
    zero: 'off',
    help: 'bytes per second from one player, with bursts of four times that; above it, reading slows down',
  },
  playerBacklog: {
    kind: 'number',
    unit: 'bytes',
    default: 16 * MIB,
    min: 64 * KIB,
    max: 1024 * MIB,
    help: 'largest send buffer for a player; above it, the player is closed with 4008',
  },
  hostBacklog: {
    kind: 'number',
    unit: 'bytes',
    default: MIB,
    min: 64 * KIB,
    max: 1024 * MIB,
    help: 'largest send buffer for a host; above it, reading from its players pauses',
  },
  memory: {
    kind: 'number',
    unit: 'bytes',
    default: 0,
    min: 0,
    max: 1024 * 1024 * MIB,
    zero: 'automatic',
    help: 'largest size of all buffers together; 0 is a quarter of the memory',
  },
  commandErrors: {
    kind: 'number',
    unit: 'count',
    default: 20,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'maximum error replies to one host in 10 s; further bad commands get no reply',
  },

  // Timeouts.
  stall: {
    kind: 'number',
    unit: 'seconds',
    default: 15,
    min: 0.1,
    max: 3600,
    help: 'close a connection that accepts no data for this long, with 4008',
  },
  ping: {
    kind: 'number',
    unit: 'seconds',
    default: 20,
    min: 0,
    max: 3600,
    zero: 'off',
    help: 'ping a connection after this long without data; close it after two unanswered pings',
  },
  requestTimeout: {
    kind: 'number',
    unit: 'seconds',
    default: 10,
    min: 0.1,
    max: 3600,
    help: 'close a socket that sends no complete request within this time',
  },
  prepareTimeout: {
    kind: 'number',
    unit: 'seconds',
    default: 600,
    min: 0,
    max: 86_400,
    zero: 'off',
    help: 'close a host that does not send prepare within this time, with 1008',
  },
  drain: {
    kind: 'number',
    unit: 'seconds',
    default: 0,
    min: 0,
    max: 86_400,
    help: 'on SIGTERM, keep open rooms running for up to this long; no new rooms open',
  },

  // Reconnecting, and restarts.
  maxHold: {
    kind: 'number',
    unit: 'seconds',
    default: 600,
    min: 0,
    max: 86_400,
    zero: 'off',
    help: 'longest reconnect window that a host may request; a code is not reused for as long',
  },
  keep: {
    kind: 'number',
    unit: 'bytes',
    default: 256 * KIB,
    min: 0,
    max: 1024 * MIB,
    help: 'largest buffer for a disconnected player; above it, the oldest messages are dropped',
  },
  stateFile: {
    kind: 'text',
    default: '',
    help: 'file that keeps rooms and seats across restarts; without it, a restart ends them',
  },

  // Overload: no new rooms and players; running games continue.
  maxLag: {
    kind: 'number',
    unit: 'milliseconds',
    default: 200,
    min: 0,
    max: 60_000,
    zero: 'off',
    help: 'highest event loop delay; above it, new rooms and joins are closed with 1013',
  },
  maxHeap: {
    kind: 'number',
    unit: 'percent',
    default: 80,
    min: 0,
    max: 100,
    zero: 'off',
    help: 'highest heap usage; above it, new rooms and joins are closed with 1013',
  },

  // WebRTC, end to end.
  iceServers: {
    kind: 'text',
    default: '',
    pattern: /^stuns?:[^\s,/?]+(, *stuns?:[^\s,/?]+)*$/,
    format: 'stun: URLs separated by commas, such as stun:stun.example.org:3478',
    help: 'STUN servers for WebRTC: stun: URLs separated by commas, which GET /ice returns',
  },
  turnUrl: {
    kind: 'text',
    default: '',
    pattern:
      /^turns?:[^\s,/?]+(\?transport=(udp|tcp))?(, *turns?:[^\s,/?]+(\?transport=(udp|tcp))?)*$/,
    format: 'turn: URLs separated by commas, such as turn:turn.example.org:3478',
    help: 'TURN server for WebRTC: turn: URLs separated by commas, which GET /ice returns with credentials',
  },
  turnSecret: {
    kind: 'text',
    default: '',
    secret: true,
    help: 'shared secret of the TURN server (coturn: static-auth-secret), to create credentials',
  },

  // Public lists of rooms.
  list: {
    kind: 'flag',
    default: false,
    help: 'serve lists of the rooms whose hosts request it, at /rooms/NAME, and quick join at /ANY',
  },

  // Pages and the terminal.
  pages: {
    kind: 'flag',
    default: true,
    help: 'serve the front page at / and the demo at /sketch',
  },
  qr: {
    kind: 'flag',
    default: true,
    help: 'show a QR code of the network address when started in a terminal',
  },

  // Metrics and logs.
  metrics: { kind: 'flag', default: true, help: 'serve /metrics' },
  metricsListen: {
    kind: 'text',
    default: '',
    pattern: /^(.+:)?\d{1,5}$/,
    format: 'host:port',
    help: 'host:port for /metrics; the main port then does not serve it',
  },
  logLevel: {
    kind: 'text',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    help: 'lowest level of log lines to write',
  },
  logFormat: {
    kind: 'text',
    default: 'auto',
    choices: ['auto', 'json', 'pretty'],
    help: 'format of log lines; auto is pretty in a terminal, otherwise json',
  },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof OPTIONS;

type ValueOf<Spec extends OptionSpec> = Spec extends { choices: readonly (infer Choice)[] }
  ? Choice
  : Spec extends NumberOption
    ? number
    : Spec extends FlagOption
      ? boolean
      : string;

/** The value of every option. */
export type Options = { readonly [Name in OptionName]: ValueOf<(typeof OPTIONS)[Name]> };

export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];
