import { ConfigError } from './config-error.js';
import { type LauncherConfig, launcher } from './launchers.js';
import { privateKey } from './private-key.js';
import {
  choice,
  number,
  object,
  optional,
  record,
  required,
  type ValueOf,
  withDefault,
} from './shape.js';
import { ipAddress, type PortRange, portRange, protocolId } from './values.js';

/** `NAME/VERSION`, in characters that are safe in paths, subjects of NATS and commands. */
const GAME = /^[A-Za-z0-9_-]{1,30}\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,29}$/;

/** How the relay learns that players can connect to a server. */
const READY = ['nats', 'http', 'tcp', 'room', 'launcher'] as const;

export type Readiness = (typeof READY)[number];

/** The values of `ready` that each launcher, or its servers, can report. */
export const READY_BY_LAUNCHER: Record<LauncherConfig['type'], readonly Readiness[]> = {
  command: ['nats', 'http', 'tcp', 'room'],
  http: ['launcher', 'nats', 'tcp'],
  container: ['nats', 'http', 'tcp', 'room', 'launcher'],
};

const token = object({
  protocolId: required(protocolId, "The game's netcode protocol id."),
  key: required(
    privateKey,
    'The key that its servers have too: 32 numbers with commas, or 64 hex digits.',
  ),
  byteOrder: withDefault(
    choice(['little', 'big']),
    'little',
    'How numbers are written: `little` for Lightyear up to 0.17, `big` for later versions.',
  ),
});

const game = object({
  launcher: required(launcher, 'How its servers are started.'),
  ready: required(
    choice(READY),
    'How the relay learns that players can connect: `nats` (digest and context), `http` (`POST /launch/ID/ready`), `tcp` (the port accepts connections), `room` (it opens a room), `launcher` (the launcher reports it).',
  ),
  players: required(number('count', 1, 65_535), 'The number of seats of a server.'),
  maxServers: required(number('count', 1, 10_000), 'The maximum number of servers of this game.'),
  emptyTime: withDefault(
    number('seconds', 0, 86_400),
    600,
    'How long a server without players runs, in seconds.',
  ),
  readyTime: withDefault(
    number('seconds', 1, 3600),
    60,
    'How long a server may take until it is ready, in seconds.',
  ),
  claimTime: withDefault(
    number('seconds', 1, 3600),
    30,
    'How long a seat is kept for a player who does not connect, in seconds.',
  ),
  publicIp: optional(ipAddress, "The address that players connect to, if not the file's."),
  ports: optional(portRange, 'Ports for its servers, such as `30000-30100`.'),
  token: optional(token, 'For netcode connect tokens; without it, players get none.'),
});

/** A game in the configuration. */
export type GameEntry = ValueOf<typeof game>;

export const games = record(GAME, 'a game such as "spaceships/1"', game, 1000);

/** A game whose configuration was checked. */
export interface GameConfig extends GameEntry {
  readonly name: string;
  readonly version: string;
  /** `undefined` if the launcher reports the address, or if players get a room's code. */
  readonly publicIp: string | undefined;
}

/** The settings of the file that games depend on. */
export interface FileSettings {
  readonly publicIp: string | undefined;
  readonly hasNats: boolean;
}

/**
 * Checks the members of a game that depend on each other.
 *
 * @throws {ConfigError} if they are inconsistent
 */
export function checkGame(
  key: string,
  entry: GameEntry,
  { publicIp, hasNats }: FileSettings,
): GameConfig {
  const place = `games[${JSON.stringify(key)}]`;
  const [name = '', version = ''] = key.split('/');
  const checked = { ...entry, name, version, publicIp: entry.publicIp ?? publicIp };
  const { type } = entry.launcher;
  if (!READY_BY_LAUNCHER[type].includes(entry.ready)) {
    const usable = READY_BY_LAUNCHER[type].join(', ');
    throw new ConfigError(
      `${place}.ready: expected one of ${usable} for the launcher ${type}, got "${entry.ready}"`,
    );
  }
  if (entry.ready === 'nats' && !hasNats) {
    throw new ConfigError(`${place}.ready: "nats" needs the member nats at the top of the file`);
  }
  if (type !== 'http' && entry.ready !== 'room') checkAddress(place, checked);
  checkPorts(place, entry);
  return checked;
}

/** Players need the address and the port of servers that run on this machine. */
function checkAddress(place: string, { publicIp, ports, launcher }: GameConfig): void {
  if (publicIp === undefined) {
    throw new ConfigError(`${place}.publicIp: expected an address here or at the top of the file`);
  }
  if (launcher.type === 'container' && launcher.port === undefined) {
    throw new ConfigError(`${place}.launcher.port: expected a port such as "6420/udp"`);
  }
  if (launcher.type === 'command' && ports === undefined) {
    throw new ConfigError(`${place}.ports: expected ports such as "30000-30100"`);
  }
}

function checkPorts(place: string, { ports, maxServers }: GameEntry): void {
  if (ports === undefined || sizeOf(ports) >= maxServers) return;
  throw new ConfigError(
    `${place}.ports: expected at least as many ports as maxServers (${maxServers}), got ${sizeOf(ports)}`,
  );
}

function sizeOf({ first, last }: PortRange): number {
  return last - first + 1;
}
