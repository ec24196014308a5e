import { LaunchError } from './ask.js';
import type { GameConfig } from './config/games.js';
import type { LaunchConfig } from './config/launch-config.js';
import type { Launched, Launcher, LaunchListener } from './launcher.js';
import type { Ports } from './ports.js';
import { serverVariables } from './server-environment.js';
import { newServerId, ServerKeys } from './server-keys.js';

/** A server that was started. */
export interface StartedServer extends Launched {
  readonly id: string;
  readonly keys: ServerKeys;
  /** What the context calls its public address; see `LaunchedServer`. */
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
  /** Where servers reach the relay, such as `http://127.0.0.1:8081`. */
  readonly relayUrl: () => string;
  /** The certificates that NATS's certificate is checked with. */
  readonly natsCa?: string | undefined;
}

/** Gives each server its id, its tokens, its port and its variables, and frees the port at its end. */
export class ServerStarter implements Starter {
  readonly #parts: ServerStarterParts;

  constructor(parts: ServerStarterParts) {
    this.#parts = parts;
  }

  start(game: GameConfig, clientAddress: string, listener: LaunchListener): StartedServer {
    const { config, ports, launcherOf, relayUrl, natsCa } = this.#parts;
    // Before a port is taken: it may throw.
    const url = relayUrl();
    const port = this.#takePort(game);
    const server = { id: newServerId(), keys: new ServerKeys(), port };
    const variables = serverVariables(server, game, config, url, natsCa);
    const launched = launcherOf(game).start(
      { id: server.id, clientAddress, port, ...variables },
      {
        progress: (words) => listener.progress(words),
        running: (address) => listener.running(address),
        ended(why, error) {
          if (port !== undefined) ports.free(port);
          listener.ended(why, error);
        },
      },
    );
    // A key in NATS: it may have no colons.
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
