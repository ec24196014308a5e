import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { checkCommand } from './command/check-command.js';
import { CommandLauncher } from './command/command-launcher.js';
import { OrphanGuard } from './command/orphan-guard.js';
import { ConfigError } from './config/config-error.js';
import type { GameConfig } from './config/games.js';
import type { ContainerConfig } from './config/launchers.js';
import { ContainerLauncher } from './container/container-launcher.js';
import type { Owner } from './container/container-options.js';
import { DockerEngine } from './container/docker-engine.js';
import { removeStaleContainers } from './container/stale-containers.js';
import { HttpLauncher } from './http/http-launcher.js';
import type { LaunchLog } from './launch-log.js';
import type { Launcher } from './launcher.js';
import { TcpProbingLauncher } from './tcp-probe.js';

export interface LaunchersParts {
  readonly log: LaunchLog;
  /** Identifies this relay among others on its machine: for example its port and its configuration. */
  readonly identity: string;
}

/** The launchers of all games. */
export class Launchers {
  readonly #byGame = new Map<GameConfig, Launcher>();
  readonly #log: LaunchLog;
  readonly #identity: string;
  readonly #guard: OrphanGuard;
  readonly #run = randomBytes(8).toString('hex');
  /** The engines and owners whose old containers are removed at the start, by socket and owner. */
  readonly #engines = new Map<string, { readonly engine: DockerEngine; readonly owner: Owner }>();
  #cleaned: Promise<void> = Promise.resolve();

  /** @throws {ConfigError} if a launcher cannot work */
  constructor(games: ReadonlyMap<string, GameConfig>, { log, identity }: LaunchersParts) {
    this.#log = log;
    this.#identity = identity;
    const graces = [...games.values()].map(({ launcher }) =>
      launcher.type === 'command' ? launcher.stopGrace : 0,
    );
    const failed = (reason: string): void => log.launcherFailed('', undefined, reason);
    this.#guard = new OrphanGuard(Math.ceil(Math.max(...graces)), failed);
    for (const [key, game] of games) this.#byGame.set(game, this.#build(key, game));
  }

  /** The launcher of a game in the configuration. */
  of(game: GameConfig): Launcher {
    const launcher = this.#byGame.get(game);
    if (launcher === undefined) throw new TypeError('the configuration has no such game');
    return launcher;
  }

  /** Removes the containers of an earlier run. Servers are started after that. */
  open(): void {
    const all = [...this.#engines.values()].map(({ engine, owner }) =>
      removeStaleContainers(engine, owner, (reason) =>
        this.#log.launcherFailed('', undefined, reason),
      ),
    );
    this.#cleaned = Promise.all(all).then(() => undefined);
  }

  #build(key: string, game: GameConfig): Launcher {
    try {
      const launcher = this.#launcherFor(game);
      return game.ready === 'tcp' ? new TcpProbingLauncher(launcher, game.launcher.type) : launcher;
    } catch (error) {
      const place = `games[${JSON.stringify(key)}].launcher`;
      throw new ConfigError(`${place}: ${(error as Error).message}`);
    }
  }

  #launcherFor(game: GameConfig): Launcher {
    const { launcher } = game;
    const log = this.#log;
    switch (launcher.type) {
      case 'command':
        checkCommand(launcher);
        return new CommandLauncher(game, launcher, { guard: this.#guard, log });
      case 'http':
        return new HttpLauncher(game, launcher, { log });
      case 'container':
        return this.#containerLauncher(game, launcher);
      default:
        return launcher satisfies never;
    }
  }

  #containerLauncher(game: GameConfig, config: ContainerConfig): Launcher {
    const { socket, owner: name = ownerOf(this.#identity) } = config;
    const key = `${socket} ${name}`;
    const known = this.#engines.get(key);
    const used = known ?? { engine: new DockerEngine(socket), owner: { name, run: this.#run } };
    this.#engines.set(key, used);
    return new ContainerLauncher(game, config, {
      ...used,
      whenCleaned: () => this.#cleaned,
      log: this.#log,
    });
  }
}

/**
 * The default owner: the same at each start of this relay, and different for each other relay, because
 * relays with the same name remove each other's containers.
 */
function ownerOf(identity: string): string {
  const hash = createHash('sha256').update(`${hostname()}\n${identity}`).digest('hex');
  return `lobby-relay-${hash.slice(0, 16)}`;
}
