import type { GameConfig } from './config/games.js';
import type { LaunchConfig, NatsConfig } from './config/launch-config.js';
import type { PrivateKey } from './config/private-key.js';
import type { ServerKeys } from './server-keys.js';

/** A server that is about to be started. */
export interface ServerIdentity {
  readonly id: string;
  readonly keys: ServerKeys;
  readonly port: number | undefined;
}

/** The environment variables of a server, and the secrets among their values. */
export interface ServerVariables {
  readonly environment: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
}

/**
 * Returns the environment variables of a server: Edgegap's, which servers made with Bevygap require, those
 * for NATS, the key for connect tokens, and the relay's own.
 *
 * @param relayUrl where servers reach the relay, such as `http://127.0.0.1:8081`
 * @param natsCa the certificates to check NATS's certificate with
 */
export function serverVariables(
  server: ServerIdentity,
  game: GameConfig,
  config: Pick<LaunchConfig, 'nats' | 'location'>,
  relayUrl: string,
  natsCa?: string,
): ServerVariables {
  const { tokens } = server.keys;
  const key = game.token?.key.text.reveal();
  const password = config.nats?.password?.reveal();
  const environment = {
    ...arbitriumVariables(server, game, config, relayUrl),
    ...ownVariables(server, relayUrl),
    ...(config.nats !== undefined && natsVariables(config.nats, natsCa)),
    ...(key !== undefined && { LIGHTYEAR_PRIVATE_KEY: key }),
  };
  const secrets = [...Object.values(tokens), ...printedForms(game.token?.key), password].filter(
    (each) => each !== undefined,
  );
  return { environment, secrets };
}

/** The forms in which servers may print a key: as in its variable, as a list in Rust and Python, hex, base64. */
function printedForms(key: PrivateKey | undefined): string[] {
  if (key === undefined) return [];
  const bytes = Buffer.from(key.bytes);
  return [
    key.text.reveal(),
    bytes.join(', '),
    bytes.toString('hex'),
    bytes.toString('base64').replace(/=*$/, ''),
  ];
}

/** The variables that Edgegap sets for its servers. */
function arbitriumVariables(
  { id, keys, port }: ServerIdentity,
  game: GameConfig,
  { location }: Pick<LaunchConfig, 'location'>,
  relayUrl: string,
): Record<string, string> {
  const { publicIp = '', launcher } = game;
  const isMapped = launcher.type === 'container' && launcher.network !== 'host';
  const inside = isMapped ? launcher.port : undefined;
  const mapping = {
    name: 'gameport',
    internal: inside?.number ?? port,
    external: port,
    protocol: (inside?.protocol ?? 'udp').toUpperCase(),
  };
  return {
    ARBITRIUM_REQUEST_ID: id,
    ARBITRIUM_CONTEXT_URL: `${relayUrl}/launch/${id}/context`,
    ARBITRIUM_CONTEXT_TOKEN: keys.tokens.context,
    ARBITRIUM_DELETE_URL: `${relayUrl}/launch/${id}`,
    ARBITRIUM_DELETE_TOKEN: keys.tokens.delete,
    ARBITRIUM_DEPLOYMENT_LOCATION: JSON.stringify(locationOf(location)),
    ARBITRIUM_PUBLIC_IP: publicIp,
    ARBITRIUM_PORTS_MAPPING: JSON.stringify({
      ports: port === undefined ? {} : { gameport: mapping },
    }),
  };
}

/** Without the prefix of the relay's options: the server may itself be a relay, which reads them. */
function ownVariables({ id, keys, port }: ServerIdentity, url: string): Record<string, string> {
  const room = `${url.replace(/^http/, 'ws')}/CREATE?launch=${id}.${keys.tokens.create}`;
  return {
    LAUNCH_ID: id,
    LAUNCH_TOKEN: keys.tokens.report,
    LAUNCH_READY_URL: `${url}/launch/${id}/ready`,
    LAUNCH_PLAYERS_URL: `${url}/launch/${id}/players`,
    LAUNCH_CREATE_URL: room,
    ...(port !== undefined && { LAUNCH_PORT: String(port) }),
  };
}

/** `bevygap_shared` reads these; it uses TLS unless `NATS_INSECURE` exists. */
function natsVariables(nats: NatsConfig, ca: string | undefined): Record<string, string> {
  const isTls = nats.tls !== undefined || nats.url.startsWith('tls:');
  return {
    NATS_HOST: nats.serverHost ?? new URL(nats.url).host,
    NATS_USER: nats.user ?? '',
    NATS_PASSWORD: nats.password?.reveal() ?? '',
    ...(!isTls && { NATS_INSECURE: '1' }),
    ...(ca !== undefined && { NATS_CA_CONTENTS: ca }),
  };
}

/** The location of a server in Edgegap's form. Servers require the city and the country. */
export function locationOf(location: LaunchConfig['location']): Record<string, string | number> {
  const known = Object.entries(location ?? {}).filter(([, value]) => value !== undefined);
  const nowhere = { continent: '', administrative_division: '', timezone: '' };
  return {
    city: 'Unknown',
    country: 'Unknown',
    ...nowhere,
    latitude: 0,
    longitude: 0,
    ...(Object.fromEntries(known) as Record<string, string | number>),
  };
}
