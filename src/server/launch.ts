import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isEverywhere, urlOf } from '../http/network-address.js';
import { ConfigError } from '../launch/config/config-error.js';
import type { Readiness } from '../launch/config/games.js';
import type { LaunchConfig } from '../launch/config/launch-config.js';
import { readLaunchFile } from '../launch/config/read-file.js';
import { Fleet } from '../launch/fleet.js';
import { LaunchedServerApi } from '../launch/launched-server-api.js';
import { Launchers } from '../launch/launchers.js';
import { LaunchError } from '../launch/matchmaker.js';
import { NatsSessions } from '../launch/nats/nats-sessions.js';
import { Ports } from '../launch/ports.js';
import { ServerStarter } from '../launch/server-starter.js';
import type { RelayLog } from '../ops/relay-log.js';
import type { Options } from '../options.js';
import { parseDialects } from '../protocol/dialects.js';
import type { ListenAddress } from './listen.js';
import { readOption } from './read-option.js';

/** Game servers on demand. */
export interface Launch {
  readonly fleet: Fleet;
  readonly serverApi: LaunchedServerApi;
  /** Says where the relay listens; `undefined` while it does not. */
  listensAt(address: () => ListenAddress | undefined): void;
  /** Gets ready to start servers. Rejects if it cannot. */
  open(): Promise<void>;
}

/**
 * @returns `undefined` without a launch configuration
 * @throws {OptionError} if the configuration cannot be used
 */
export function buildLaunch(options: Options, log: RelayLog): Launch | undefined {
  const { launchConfig: file } = options;
  if (file === '') return undefined;
  return readOption('launchConfig', () => {
    const config = readLaunchFile(file, process.env);
    try {
      return build(config, options, log);
    } catch (error) {
      throw error instanceof ConfigError ? new ConfigError(`${file}: ${error.message}`) : error;
    }
  });
}

function build(config: LaunchConfig, options: Options, log: RelayLog): Launch {
  checkSurroundings(config, options);
  const identity = `${resolve(options.launchConfig)}\n${options.port}`;
  const launchers = new Launchers(config.games, { log: log.launch, identity });
  let addressOf: () => ListenAddress | undefined = () => undefined;
  const starter = new ServerStarter({
    config,
    ports: new Ports(),
    launcherOf: (game) => launchers.of(game),
    relayUrl: () => config.relayUrl ?? ownUrl(addressOf()),
    natsCa: readNatsCa(config),
  });
  const { nats } = config;
  const store = nats === undefined ? undefined : new NatsSessions(nats, log.launch);
  const fleet = new Fleet({ config, starter, observer: log.launch, store });
  return {
    fleet,
    serverApi: new LaunchedServerApi(fleet.servers, config),
    listensAt(address) {
      addressOf = address;
    },
    async open() {
      launchers.open();
      await fleet.open();
    },
  };
}

/** Servers that are ready in one of these ways ask the relay for something. */
const ASKS_RELAY: readonly Readiness[] = ['nats', 'http', 'room'];

/** What the configuration needs of the options. */
function checkSurroundings({ games, relayUrl }: LaunchConfig, options: Options): void {
  const dialects = parseDialects(options.dialects);
  if (!dialects.has('bevygap')) {
    throw new ConfigError('players ask for game servers in bevygap, which is not in --dialects');
  }
  for (const [key, { ready, launcher }] of games) {
    const place = `games[${JSON.stringify(key)}]`;
    if (ready === 'room' && !dialects.has('wmbp')) {
      throw new ConfigError(`${place}.ready: "room" needs wmbp in --dialects`);
    }
    const isApart = launcher.type === 'container' && launcher.network !== 'host';
    if (isApart && ASKS_RELAY.includes(ready) && relayUrl === undefined) {
      throw new ConfigError(
        `relayUrl: expected the address at which the containers of ${place} reach this relay`,
      );
    }
  }
  if (options.tlsCert !== '' && relayUrl === undefined) {
    throw new ConfigError(
      'relayUrl: expected the address at which game servers reach this relay by TLS, such as https://relay.example.org',
    );
  }
}

function readNatsCa({ nats }: LaunchConfig): string | undefined {
  const path = nats?.tls?.ca;
  if (path === undefined) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ConfigError(`nats.tls.ca: cannot read ${path} (${code})`);
  }
}

/** Where servers of this machine reach the relay. */
function ownUrl(address: ListenAddress | undefined): string {
  if (address === undefined) throw new LaunchError(503, 'The relay does not listen yet.');
  const own = isEverywhere(address.address) ? '127.0.0.1' : address.address;
  return urlOf('http', own, address.port);
}
