import { CODE_SPACE } from './rooms/room-code.js';

/*
 * Every option, once. The command line, the environment, the help, the README's table and the
 * check of what a library's user passes all come from here.
 */

interface Described {
  /** One line for `--help` and the README. */
  readonly help: string;
  /** A one-letter flag besides the long one. */
  readonly short?: string;
  /** A plain environment variable that counts when the option's own is not set. */
  readonly alias?: string;
}

/** `bytes` may be written with KiB or MiB, and `seconds` with a decimal point. */
export type Unit = 'bytes' | 'count' | 'seconds' | 'milliseconds' | 'percent';

export interface NumberOption extends Described {
  readonly kind: 'number';
  readonly unit: Unit;
  readonly default: number;
  readonly min: number;
  readonly max: number;
  /** What 0 means, where it is no number like the others. */
  readonly zero?: 'off' | 'automatic';
}

export interface TextOption extends Described {
  readonly kind: 'text';
  readonly default: string;
  /** What may stand there; anything if there is no list. */
  readonly choices?: readonly string[];
  /** What it has to look like, unless it is empty. */
  readonly pattern?: RegExp;
  readonly looksLike?: string;
  /** Never shown, not even in an error. */
  readonly secret?: true;
}

/** On or off. One that is on by default is turned off by `--no-…`. */
export interface FlagOption extends Described {
  readonly kind: 'flag';
  readonly default: boolean;
}

export type OptionSpec = NumberOption | TextOption | FlagOption;

const KIB = 1024;
const MIB = 1024 * KIB;

export const OPTIONS = {
  port: {
    kind: 'number',
    unit: 'count',
    default: 8081,
    min: 0,
    max: 65_535,
    short: 'p',
    alias: 'PORT',
    help: 'port to listen on; 0 takes a free one',
  },
  host: {
    kind: 'text',
    default: '',
    short: 'H',
    help: 'address to listen on; all interfaces if empty',
  },
  tlsCert: { kind: 'text', default: '', help: 'file with the certificate chain, to serve TLS' },
  tlsKey: { kind: 'text', default: '', help: "file with the certificate's private key" },

  // Who may come in.
  trustProxy: {
    kind: 'text',
    default: '',
    help: 'proxies whose X-Forwarded-For counts: loopback, private, addresses, networks',
  },
  origin: {
    kind: 'text',
    default: '',
    help: 'origins of pages that may connect, with commas; any page if empty',
  },
  createToken: {
    kind: 'text',
    default: '',
    secret: true,
    help: 'what a host must bring to open a room, as ?token= or Authorization: Bearer',
  },
  limitLoopback: {
    kind: 'flag',
    default: false,
    help: 'apply the limits per address to loopback addresses, too',
  },

  // How many.
  maxPlayers: {
    kind: 'number',
    unit: 'count',
    default: 1000,
    min: 1,
    max: 65_535,
    help: 'most players that a host may ask for; more is clamped',
  },
  maxRooms: {
    kind: 'number',
    unit: 'count',
    default: 10_000,
    min: 1,
    max: CODE_SPACE / 2,
    help: 'most rooms at a time; further hosts are closed with 1013',
  },
  maxConnections: {
    kind: 'number',
    unit: 'count',
    default: 0,
    min: 0,
    max: 1_000_000,
    zero: 'automatic',
    help: 'most connections at a time; 0 is what the file descriptors allow',
  },
  connectionsPerAddress: {
    kind: 'number',
    unit: 'count',
    default: 256,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'most connections from one address at a time; further ones are closed with 1013',
  },
  roomsPerMinute: {
    kind: 'number',
    unit: 'count',
    default: 30,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'rooms that one address may open a minute; further ones are closed with 4029',
  },
  missesPerMinute: {
    kind: 'number',
    unit: 'count',
    default: 60,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'wrong codes that one address may try a minute; then 4029, for right ones too',
  },

  // How much.
  maxPlayerMessage: {
    kind: 'number',
    unit: 'bytes',
    default: 4 * MIB,
    min: KIB,
    max: 256 * MIB,
    help: 'largest message from a player; a larger one is closed with 1009',
  },
  maxHostMessage: {
    kind: 'number',
    unit: 'bytes',
    default: 16 * MIB,
    min: KIB,
    max: 256 * MIB,
    help: 'largest message from a host; a larger one is closed with 1009',
  },
  playerMessages: {
    kind: 'number',
    unit: 'count',
    default: 1000,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'messages a second from one player, ten times that at once; then it is read more slowly',
  },
  playerBytes: {
    kind: 'number',
    unit: 'bytes',
    default: 4 * MIB,
    min: 0,
    max: 1024 * MIB,
    zero: 'off',
    help: 'bytes a second from one player, four times that at once; then it is read more slowly',
  },
  playerBacklog: {
    kind: 'number',
    unit: 'bytes',
    default: 16 * MIB,
    min: 64 * KIB,
    max: 1024 * MIB,
    help: 'most that waits for one player; with more it is closed with 4008',
  },
  hostBacklog: {
    kind: 'number',
    unit: 'bytes',
    default: MIB,
    min: 64 * KIB,
    max: 1024 * MIB,
    help: 'most that waits for one host; with more its players are not read for a while',
  },
  memory: {
    kind: 'number',
    unit: 'bytes',
    default: 0,
    min: 0,
    max: 1024 * 1024 * MIB,
    zero: 'automatic',
    help: 'most that waits in the whole process; 0 is a quarter of what the machine has',
  },
  commandErrors: {
    kind: 'number',
    unit: 'count',
    default: 20,
    min: 0,
    max: 1_000_000,
    zero: 'off',
    help: 'error answers to one host in 10 s; further bad commands are not answered',
  },

  // How long.
  stall: {
    kind: 'number',
    unit: 'seconds',
    default: 15,
    min: 0.1,
    max: 3600,
    help: 'how long a connection may take nothing of what waits for it; then 4008',
  },
  ping: {
    kind: 'number',
    unit: 'seconds',
    default: 20,
    min: 0,
    max: 3600,
    zero: 'off',
    help: 'silence after which a connection is pinged; it is cut after two pings unanswered',
  },
  requestTimeout: {
    kind: 'number',
    unit: 'seconds',
    default: 10,
    min: 0.1,
    max: 3600,
    help: 'time for a whole request from when a socket is connected; then it is cut',
  },
  prepareTimeout: {
    kind: 'number',
    unit: 'seconds',
    default: 600,
    min: 0,
    max: 86_400,
    zero: 'off',
    help: 'time for a host to send prepare; then it is closed with 1008',
  },
  drain: {
    kind: 'number',
    unit: 'seconds',
    default: 0,
    min: 0,
    max: 86_400,
    help: 'how long running rooms may go on after SIGTERM, with no new ones',
  },

  // Who is away for a moment, and what outlives a restart.
  maxHold: {
    kind: 'number',
    unit: 'seconds',
    default: 600,
    min: 0,
    max: 86_400,
    zero: 'off',
    help: 'longest time that a host may ask to wait for who is away; codes rest as long, too',
  },
  keep: {
    kind: 'number',
    unit: 'bytes',
    default: 256 * KIB,
    min: 0,
    max: 1024 * MIB,
    help: 'most that is kept for a player who is away; beyond it the oldest goes',
  },
  stateFile: {
    kind: 'text',
    default: '',
    help: 'file that rooms and seats outlive a restart in; rooms live in memory only if empty',
  },

  // When it is too much: no new rooms and players, running games go on.
  maxLag: {
    kind: 'number',
    unit: 'milliseconds',
    default: 200,
    min: 0,
    max: 60_000,
    zero: 'off',
    help: 'how late the event loop may be; with more, new rooms and joins get 1013',
  },
  maxHeap: {
    kind: 'number',
    unit: 'percent',
    default: 80,
    min: 0,
    max: 100,
    zero: 'off',
    help: 'how full the heap may be; with more, new rooms and joins get 1013',
  },

  // Past the relay, from end to end.
  iceServers: {
    kind: 'text',
    default: '',
    pattern: /^stuns?:[^\s,/?]+(, *stuns?:[^\s,/?]+)*$/,
    looksLike: 'stun: URLs with commas, such as stun:stun.example.org:3478',
    help: 'STUN servers for WebRTC, stun: URLs with commas, which GET /ice gives out',
  },
  turnUrl: {
    kind: 'text',
    default: '',
    pattern:
      /^turns?:[^\s,/?]+(\?transport=(udp|tcp))?(, *turns?:[^\s,/?]+(\?transport=(udp|tcp))?)*$/,
    looksLike: 'turn: URLs with commas, such as turn:turn.example.org:3478',
    help: 'TURN server for WebRTC, its turn: URLs with commas; GET /ice has credentials for it',
  },
  turnSecret: {
    kind: 'text',
    default: '',
    secret: true,
    help: "the TURN server's shared secret (coturn: static-auth-secret), which credentials are made from",
  },

  // What a browser and a terminal are shown.
  pages: {
    kind: 'flag',
    default: true,
    help: 'serve pages: the front page at / and the demo at /sketch',
  },
  qr: {
    kind: 'flag',
    default: true,
    help: 'show a QR code of the address in the network, when started on a terminal',
  },

  // What an operator sees.
  metrics: { kind: 'flag', default: true, help: 'serve /metrics' },
  metricsListen: {
    kind: 'text',
    default: '',
    pattern: /^(.+:)?\d{1,5}$/,
    looksLike: 'host:port',
    help: 'host:port for /metrics alone, instead of beside everything else',
  },
  logLevel: {
    kind: 'text',
    default: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
    help: 'least important log lines to write',
  },
  logFormat: {
    kind: 'text',
    default: 'auto',
    choices: ['auto', 'json', 'pretty'],
    help: 'form of log lines; auto is pretty on a terminal, else json',
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
