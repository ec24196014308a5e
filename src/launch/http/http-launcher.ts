import type { GameConfig } from '../config/games.js';
import type { HttpConfig } from '../config/launchers.js';
import type { LaunchLog } from '../launch-log.js';
import type { Launcher, LaunchListener, ServerHandle, ServerSpec } from '../launcher.js';
import { SYSTEM_TIMERS, type Timers } from '../timers.js';
import { ServiceSession } from './service-session.js';
import { SessionApi } from './session-api.js';

export interface HttpLauncherParts {
  readonly log: LaunchLog;
  readonly timers?: Timers;
}

/** Starts servers through a service that has Edgegap's API for sessions. */
export class HttpLauncher implements Launcher {
  readonly #api: SessionApi;
  readonly #game: GameConfig;
  readonly #config: HttpConfig;
  readonly #log: LaunchLog;
  readonly #timers: Timers;

  constructor(
    game: GameConfig,
    config: HttpConfig,
    { log, timers = SYSTEM_TIMERS }: HttpLauncherParts,
  ) {
    this.#api = new SessionApi(config);
    this.#game = game;
    this.#config = config;
    this.#log = log;
    this.#timers = timers;
  }

  start(spec: ServerSpec, listener: LaunchListener): ServerHandle {
    const session = new ServiceSession(this.#api, listener, {
      timers: this.#timers,
      pollInterval: this.#config.pollInterval * 1000,
      failed: (reason) => this.#log.launcherFailed(this.#game.name, spec.id, reason),
    });
    void session.run(this.#config.app ?? this.#game.name, spec.clientAddress);
    return session;
  }
}
