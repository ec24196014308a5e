import type { GameConfig } from '../../src/launch/config/games.js';
import type { NatsConfig } from '../../src/launch/config/launch-config.js';
import { Secret } from '../../src/launch/config/secret.js';
import { Fleet } from '../../src/launch/fleet.js';
import type { FleetObserver, ServerInfo } from '../../src/launch/fleet-observer.js';
import type { Launcher } from '../../src/launch/launcher.js';
import type { LaunchError, Party, PendingRequest, Place } from '../../src/launch/matchmaker.js';
import { Ports } from '../../src/launch/ports.js';
import { ServerStarter } from '../../src/launch/server-starter.js';
import type { SessionStore } from '../../src/launch/session-store.js';
import type { Timers } from '../../src/launch/timers.js';
import { FakeLauncher } from './fake-launcher.js';
import { TestTimers } from './test-timers.js';

/** The key of conformance case 3. */
export const TOKEN_KEY = Uint8Array.from({ length: 32 }, (_, index) =>
  index < 9 ? index + 1 : Number(index === 31),
);

/** `g/1`, whose servers are ready as soon as they run, with 6 players. */
export function gameConfig(changes: Partial<GameConfig> = {}): GameConfig {
  return {
    name: 'g',
    version: '1',
    launcher: {
      type: 'command',
      command: ['unused'],
      directory: '.',
      environment: undefined,
      stopGrace: 5,
    } as GameConfig['launcher'],
    ready: 'launcher',
    players: 6,
    maxServers: 2,
    emptyTime: 600,
    readyTime: 60,
    claimTime: 30,
    publicIp: '203.0.113.7',
    ports: { first: 30_000, last: 30_100 },
    token: undefined,
    ...changes,
  };
}

/** Tokens as Lightyear 0.17 reads them. */
export const LITTLE_ENDIAN_TOKEN: GameConfig['token'] = {
  protocolId: 80_085n,
  key: { bytes: TOKEN_KEY, text: new Secret(TOKEN_KEY.join(',')) },
  byteOrder: 'little',
};

/** Writes one line for each event. */
export class FleetLines implements FleetObserver {
  readonly lines: string[] = [];
  readonly faults: unknown[] = [];

  serverStarting({ game }: ServerInfo): void {
    this.lines.push(`${game.name}/${game.version} starting`);
  }

  serverReady(_server: ServerInfo, seconds: number): void {
    this.lines.push(`ready after ${seconds} s`);
  }

  serverStopping(_server: ServerInfo, reason: string): void {
    this.lines.push(`stopping: ${reason}`);
  }

  serverEnded(
    _server: ServerInfo,
    { reason, how }: { readonly reason: string; readonly how: string },
    seconds: number,
  ): void {
    this.lines.push(`${how} after ${seconds} s: ${reason}`);
  }

  fault(error: unknown): void {
    this.faults.push(error);
  }
}

export interface TestFleetParts {
  readonly timers: Timers;
  readonly store?: SessionStore;
  /** The settings of NATS for servers. */
  readonly nats?: NatsConfig;
  readonly relayUrl?: string;
}

/** A fleet whose servers this launcher starts. */
export function testFleet<L extends Launcher>(
  games: readonly GameConfig[],
  launcher: L,
  { timers, store, nats, relayUrl = 'http://127.0.0.1:8081' }: TestFleetParts,
): { fleet: Fleet; launcher: L; observer: FleetLines } {
  const observer = new FleetLines();
  const byKey = new Map(games.map((game) => [`${game.name}/${game.version}`, game]));
  const starter = new ServerStarter({
    config: { nats, location: undefined },
    ports: new Ports(),
    launcherOf: () => launcher,
    relayUrl: () => relayUrl,
  });
  const config = { games: byKey, defaultGame: games[0], loopbackClientIp: '192.0.2.77' };
  return { fleet: new Fleet({ config, starter, observer, store, timers }), launcher, observer };
}

/** A fleet of one game, with fake servers, and a clock that the test advances. */
export function fleetOf(changes: Partial<GameConfig> = {}) {
  const timers = new TestTimers();
  return { timers, ...testFleet([gameConfig(changes)], new FakeLauncher(), { timers }) };
}

/** A player's request, which records the events that the player gets. */
export class TestPlayer {
  readonly events: string[] = [];
  session = '';
  place: Place | undefined;
  error: LaunchError | undefined;
  /** Why no server may be started for it. */
  refusal: LaunchError | undefined;
  readonly request: PendingRequest;
  #answer: () => void = () => {};
  /** Resolves when the player has a place or an error. */
  readonly answered = new Promise<void>((resolve) => {
    this.#answer = resolve;
  });

  constructor(fleet: Fleet, party?: Party, game = 'g') {
    const request = {
      game,
      version: '1',
      clientAddress: '198.51.100.4',
      party,
      mayStart: () => this.refusal,
    };
    this.request = fleet.requestPlace(request, {
      accepted: (session) => {
        this.session = session;
        this.events.push('accepted');
      },
      progress: (status) => this.events.push(status),
      ready: (place) => {
        this.place = place;
        this.events.push('ready');
        this.#answer();
      },
      failed: (error) => {
        this.error = error;
        this.events.push(`${error.status} ${error.message}`);
        this.#answer();
      },
    });
  }

  /** The port of its server; `undefined` if it has none. */
  get port(): number | undefined {
    return this.place?.is === 'server' ? this.place.port : undefined;
  }
}

/** Waits until everything that was deferred in this turn is done. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Sends the requests of this number of players. */
export async function players(fleet: Fleet, count: number): Promise<TestPlayer[]> {
  const all = Array.from({ length: count }, () => new TestPlayer(fleet));
  await settle();
  return all;
}
