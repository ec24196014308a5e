import type { GameConfig } from '../config/games.js';
import type { ContainerConfig } from '../config/launchers.js';
import type { LaunchLog } from '../launch-log.js';
import type {
  Launcher,
  LaunchListener,
  ServerAddress,
  ServerHandle,
  ServerSpec,
} from '../launcher.js';
import { configuredSecrets } from '../placeholders.js';
import { ServerOutput } from '../server-output.js';
import { containerOptions, type Owner, publishedPort } from './container-options.js';
import { ContainerServer } from './container-server.js';
import type { ContainerState, DockerEngine } from './docker-engine.js';

export interface ContainerLauncherParts {
  readonly engine: DockerEngine;
  readonly owner: Owner;
  /** Resolves when the containers of an earlier run have been removed. */
  readonly whenCleaned: () => Promise<void>;
  readonly log: LaunchLog;
}

/** Starts servers as Docker containers. */
export class ContainerLauncher implements Launcher {
  readonly #game: GameConfig;
  readonly #config: ContainerConfig;
  readonly #parts: ContainerLauncherParts;

  constructor(game: GameConfig, config: ContainerConfig, parts: ContainerLauncherParts) {
    this.#game = game;
    this.#config = config;
    this.#parts = parts;
  }

  start(spec: ServerSpec, listener: LaunchListener): ServerHandle {
    const { engine, owner, whenCleaned, log } = this.#parts;
    const secrets = [...spec.secrets, ...configuredSecrets(this.#config.environment)];
    return new ContainerServer(listener, {
      engine,
      options: containerOptions(this.#game, this.#config, spec, owner),
      stopGrace: this.#config.stopGrace,
      awaitsHealth: this.#game.ready === 'launcher',
      output: new ServerOutput(spec.id, secrets, log),
      mayStart: whenCleaned(),
      addressOf: (state) => this.#addressOf(state, spec),
      failed: (reason) => log.launcherFailed(this.#game.name, spec.id, reason),
    });
  }

  #addressOf(state: ContainerState, spec: ServerSpec): ServerAddress | 'none' | undefined {
    const { publicIp } = this.#game;
    const { port: containerPort, network } = this.#config;
    if (containerPort === undefined || publicIp === undefined) return 'none';
    // On the host's network, players connect to the port of the server itself.
    const port =
      network === 'host' ? (spec.port ?? containerPort.number) : publishedPort(state, this.#config);
    return port === undefined ? undefined : { ip: publicIp, port, certDigest: undefined };
  }
}
