import type { GameConfig } from '../config/games.js';
import type { CommandConfig } from '../config/launchers.js';
import type { LaunchLog } from '../launch-log.js';
import type {
  Launcher,
  LaunchListener,
  ServerAddress,
  ServerHandle,
  ServerSpec,
} from '../launcher.js';
import { configuredSecrets, configuredVariables, fill, placeholdersOf } from '../placeholders.js';
import { ServerOutput } from '../server-output.js';
import { type ChildCommand, ChildServer } from './child-server.js';
import type { OrphanGuard } from './orphan-guard.js';

/**
 * The relay's environment variables that servers inherit. Others may contain secrets of the relay.
 */
const INHERITED = [
  'HOME',
  'LANG',
  'LC_ALL',
  'PATH',
  'SYSTEMROOT',
  'TEMP',
  'TMP',
  'TMPDIR',
  'TZ',
  'USER',
];

export interface CommandLauncherParts {
  readonly guard: OrphanGuard;
  readonly log: LaunchLog;
}

/** Starts servers as processes on this machine. */
export class CommandLauncher implements Launcher {
  readonly #game: GameConfig;
  readonly #config: CommandConfig;
  readonly #parts: CommandLauncherParts;

  constructor(game: GameConfig, config: CommandConfig, parts: CommandLauncherParts) {
    this.#game = game;
    this.#config = config;
    this.#parts = parts;
  }

  start(spec: ServerSpec, listener: LaunchListener): ServerHandle {
    const { guard, log } = this.#parts;
    const child = new ChildServer(this.#commandFor(spec), guard, {
      started: () => listener.running(this.#addressOf(spec)),
      ended: (reason) => listener.ended(reason),
    });
    const secrets = [...spec.secrets, ...configuredSecrets(this.#config.environment)];
    const output = new ServerOutput(spec.id, secrets, log);
    for (const stream of child.output) output.read(stream);
    let stopped: Promise<void> | undefined;
    return {
      stop: () => {
        stopped ??= this.#stop(spec.id, child);
        return stopped;
      },
    };
  }

  async #stop(server: string, child: ChildServer): Promise<void> {
    if (await child.stop(this.#config.stopGrace * 1000)) return;
    this.#parts.log.launcherFailed(this.#game.name, server, 'its process does not end');
  }

  #commandFor(spec: ServerSpec): ChildCommand {
    const { command, directory, environment } = this.#config;
    const values = placeholdersOf(this.#game, spec);
    const [program = '', ...args] = command.map((text) => fill(text, values));
    const inherited = INHERITED.map((name) => [name, process.env[name]]);
    return {
      program,
      args,
      directory,
      environment: {
        ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
        ...spec.environment,
        ...configuredVariables(environment, values),
      },
    };
  }

  #addressOf({ port }: ServerSpec): ServerAddress | undefined {
    const { publicIp } = this.#game;
    if (publicIp === undefined || port === undefined) return undefined;
    return { ip: publicIp, port, certDigest: undefined };
  }
}
