import type { GameServer } from './game-server.js';
import type { LaunchError, PlaceListener } from './matchmaker.js';
import type { Session } from './session.js';

/** The result of a request: the player gets a place, leaves earlier, or gets an error with this status. */
export type RequestResult = 'ready' | 'left' | `${LaunchError['status']}`;

/** The results of the fleet itself. Launchers may add others. */
const RESULTS: readonly RequestResult[] = ['ready', 'left', '408', '409', '500', '502', '503'];

/** The counts of one game, for the metrics. */
export interface GameCounts {
  /** `NAME/VERSION` */
  readonly game: string;
  readonly servers: Record<Exclude<GameServer['state'], 'ended'>, number>;
  readonly sessions: Record<Exclude<Session['state'], 'over'>, number>;
}

/** Counts requests by result. */
export class RequestCounts {
  /** Starts with every result, because `increase()` misses the first event of a new series. */
  readonly results = new Map<RequestResult, number>(RESULTS.map((result) => [result, 0]));

  count(result: RequestResult): void {
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
  }

  /** Wraps a listener, and counts the result of its request. */
  counting(listener: PlaceListener): PlaceListener {
    return {
      accepted: (session) => listener.accepted(session),
      progress: (status) => listener.progress(status),
      ready: (place) => {
        this.count('ready');
        listener.ready(place);
      },
      failed: (error) => {
        this.count(`${error.status}`);
        listener.failed(error);
      },
    };
  }
}

export function countServers(game: string, servers: Iterable<GameServer>): GameCounts {
  const counts: GameCounts = {
    game,
    servers: { starting: 0, ready: 0, stopping: 0 },
    sessions: { waiting: 0, reserved: 0, claimed: 0 },
  };
  for (const { state, seats } of servers) {
    if (state !== 'ended') counts.servers[state]++;
    for (const session of seats.sessions) {
      if (session.state !== 'over') counts.sessions[session.state]++;
    }
  }
  return counts;
}
