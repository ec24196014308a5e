import type { GameConfig } from '../../src/launch/config/games.js';
import { readLaunchConfig } from '../../src/launch/config/launch-config.js';
import type { LaunchLog } from '../../src/launch/launch-log.js';
import type { LaunchListener, ServerAddress, ServerSpec } from '../../src/launch/launcher.js';
import type { LaunchError } from '../../src/launch/matchmaker.js';

/** Creates the configuration of a game. */
export function gameWith(launcher: object, rest: object = {}): GameConfig {
  const game = { launcher, ready: 'room', players: 4, maxServers: 4, ...rest };
  const context = { readSecret: () => 'token s3cret', resolvePath: (path: string) => path };
  const json = { publicIp: '127.0.0.1', games: { 'tanks/1': game } };
  const config = readLaunchConfig(json, context).games.get('tanks/1');
  if (config === undefined) throw new Error('no game');
  return config;
}

export function specWith(rest: Partial<ServerSpec> = {}): ServerSpec {
  return {
    id: 'a-server',
    clientAddress: '198.51.100.9',
    port: undefined,
    environment: {},
    secrets: [],
    ...rest,
  };
}

interface Ended {
  readonly reason: string;
  readonly error: LaunchError | undefined;
}

/** Records the events of one server. */
export class LaunchEvents implements LaunchListener {
  readonly statuses: string[] = [];
  readonly runs: Promise<ServerAddress | undefined>;
  readonly end: Promise<Ended>;
  /** The names of all events, in order. */
  readonly all: string[] = [];
  #run: (address: ServerAddress | undefined) => void = () => undefined;
  #end: (ended: Ended) => void = () => undefined;

  constructor() {
    this.runs = new Promise((resolve) => {
      this.#run = resolve;
    });
    this.end = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  progress(status: string): void {
    this.all.push('progress');
    this.statuses.push(status);
  }

  running(address: ServerAddress | undefined): void {
    this.all.push('running');
    this.#run(address);
  }

  ended(reason: string, error?: LaunchError): void {
    this.all.push('ended');
    this.#end({ reason, error });
  }
}

/** A log that records its lines. */
export class RecordedLog implements LaunchLog {
  readonly output: string[] = [];
  readonly failures: string[] = [];
  suppressed = 0;
  readonly #waiting: { readonly text: string; readonly found: () => void }[] = [];

  serverOutput(_server: string, line: string): void {
    this.output.push(line);
    for (const { text, found } of this.#waiting) if (line.includes(text)) found();
  }

  serverOutputSuppressed(_server: string, lines: number): void {
    this.suppressed += lines;
  }

  launcherFailed(_game: string, _server: string | undefined, reason: string): void {
    this.failures.push(reason);
  }

  /** Waits until a line contains this. */
  waitFor(text: string): Promise<void> {
    if (this.output.some((line) => line.includes(text))) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ text, found }));
  }
}
