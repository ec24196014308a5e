import { ConfigError } from './config-error.js';
import { checkGame, type GameConfig, games } from './games.js';
import { secret } from './secret.js';
import {
  type JsonSchema,
  number,
  object,
  optional,
  type ReadContext,
  required,
  text,
  type ValueOf,
} from './shape.js';
import { ipAddress, path, url } from './values.js';

const tls = object({
  ca: optional(path, 'A file with the certificates to trust, in place of the usual ones.'),
  cert: optional(path, "A file with the relay's certificate."),
  key: optional(path, "A file with the certificate's private key."),
});

const nats = object({
  url: required(url(['nats', 'tls']), 'The NATS server, such as `nats://127.0.0.1:4222`.'),
  user: optional(text(256), 'The user.'),
  password: optional(secret, "The user's password."),
  credentials: optional(path, 'A credentials file (JWT and seed).'),
  tls: optional(tls, 'TLS; `{}` uses it with the usual certificates.'),
  serverHost: optional(
    text(256, { pattern: /^[^\s/@]+$/, what: 'a host with a port, such as "nats:4222"' }),
    'Where game servers reach NATS (`NATS_HOST`), if not at the host of `url`.',
  ),
});

const location = object({
  city: optional(text(128), 'The city.'),
  country: optional(text(128), 'The country.'),
  continent: optional(text(128), 'The continent.'),
  administrative_division: optional(text(128), 'The state or province.'),
  timezone: optional(text(128), 'The time zone.'),
  latitude: optional(number('degrees', -90, 90), 'The latitude, in degrees.'),
  longitude: optional(number('degrees', -180, 180), 'The longitude, in degrees.'),
});

const file = object({
  $schema: optional(text(2048), "The schema's address, for editors."),
  publicIp: optional(ipAddress, 'The address that players connect to.'),
  relayUrl: optional(
    url(['http', 'https']),
    'Where game servers reach this relay; by default the port of this machine that it listens on.',
  ),
  defaultGame: optional(
    text(61),
    'The game of `POST /matchmaker/wannaplay`, such as `spaceships/1`.',
  ),
  loopbackClientIp: optional(ipAddress, 'The address of players on this machine, for launchers.'),
  location: optional(location, 'The location of the game servers, which is passed to them.'),
  nats: optional(nats, 'NATS, for game servers made with Bevygap.'),
  games: required(games, 'The games, by name and version.'),
});

type LaunchFile = ValueOf<typeof file>;

/** How the relay reaches NATS. */
export type NatsConfig = NonNullable<LaunchFile['nats']>;

/** The file of `--launch-config`. */
export interface LaunchConfig extends Omit<LaunchFile, 'games' | 'defaultGame' | '$schema'> {
  /** The game for requests without a name; `undefined` if there is none. */
  readonly defaultGame: GameConfig | undefined;
  /** By `NAME/VERSION`. */
  readonly games: ReadonlyMap<string, GameConfig>;
}

/** The JSON schema of the file. */
export const launchSchema: JsonSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'The file of --launch-config of lobby-relay',
  ...file.schema,
};

/**
 * Reads a configuration that was parsed as JSON.
 *
 * @throws {ConfigError} with the place of the first invalid value
 */
export function readLaunchConfig(json: unknown, context: ReadContext): LaunchConfig {
  const { games, defaultGame, $schema: _, ...rest } = file.read(json, '', context);
  if (games.size === 0) throw new ConfigError('games: expected at least one game, got none');
  const settings = { publicIp: rest.publicIp, hasNats: rest.nats !== undefined };
  const checked = new Map([...games].map(([key, entry]) => [key, checkGame(key, entry, settings)]));
  const chosen = defaultGame === undefined ? undefined : checked.get(defaultGame);
  if (defaultGame !== undefined && chosen === undefined) {
    throw new ConfigError(`defaultGame: expected one of ${[...checked.keys()].join(', ')}`);
  }
  return { ...rest, defaultGame: chosen, games: checked };
}
