import type { GameConfig } from './config/games.js';
import type { LaunchConfig } from './config/launch-config.js';
import type { Launcher, LaunchListener, ServerHandle } from './launcher.js';
import { LaunchError } from './matchmaker.js';
import type { Ports } from './ports.js';
import { serverVariables } from './server-environment.js';
import { newServerId, ServerKeys } from './server-keys.js';

/** A server that was started. */
export interface StartedServer extends ServerHandle {
  readonly id: string;
  readonly keys: ServerKeys;
  /** The public address in the server's context: see `LaunchedServer`. */
  readonly contextIp: string;
}

/** Starts servers of any game. */
export interface Starter {
  /**
   * Starts a server. The listener is never called synchronously.
   *
   * @throws {LaunchError} 409 if no port is free, 503 if servers could not reach the relay
   */
  start(game: GameConfig, clientAddress: string, listener: LaunchListener): StartedServer;
}

export interface ServerStarterParts {
  readonly config: Pick<LaunchConfig, 'nats' | 'location'>;
  readonly ports: Ports;
  readonly launcherOf: (game: GameConfig) => Launcher;
  /** The URL of the relay for servers, such as `http://127.0.0.1:8081`. */
  readonly relayUrl: () => string;
  /** The certificates to check NATS's certificate with. */
  readonly natsCa?: string | undefined;
}

/** Starts servers with an id, tokens, a port and variables, and frees the port at the end. */
export class ServerStarter implements Starter {
  readonly #parts: ServerStarterParts;

  constructor(parts: ServerStarterParts) {
    this.#parts = parts;
  }

  start(game: GameConfig, clientAddress: string, listener: LaunchListener): StartedServer {
    const { config, ports, launcherOf, relayUrl, natsCa } = this.#parts;
    // Called before a port is taken, because it may throw.
    const url = relayUrl();
    const port = this.#takePort(game);
    const server = { id: newServerId(), keys: new ServerKeys(), port };
    const variables = serverVariables(server, game, config, url, natsCa);
    const launched = launcherOf(game).start(
      { id: server.id, clientAddress, port, ...variables },
      {
        progress: (status) => listener.progress(status),
        running: (address) => listener.running(address),
        ended(reason, error) {
          if (port !== undefined) ports.free(port);
          listener.ended(reason, error);
        },
      },
    );
    // A key in NATS, which must not contain colons.
    const ip = game.publicIp?.replaceAll(':', '-') ?? 'launched';
    const contextIp = `${ip}-${port ?? server.id}`;
    return { ...server, contextIp, stop: () => launched.stop() };
  }

  #takePort({ ports: range }: GameConfig): number | undefined {
    if (range === undefined) return undefined;
    const port = this.#parts.ports.take(range);
    if (port === undefined) throw new LaunchError(409, 'No port is free for a further server.');
    return port;
  }
}
