import type { AskListener, LaunchError } from './ask.js';
import type { GameServer } from './game-server.js';
import type { Session } from './session.js';

/** The result of a request: the player gets a place, leaves earlier, or gets an error with this status. */
export type AskResult = 'ready' | 'left' | `${LaunchError['status']}`;

/** The results of the fleet itself. Launchers may add others. */
const RESULTS: readonly AskResult[] = ['ready', 'left', '408', '409', '500', '502', '503'];

/** The counts of one game, for the metrics. */
export interface GameCounts {
  /** `NAME/VERSION` */
  readonly game: string;
  readonly servers: Record<Exclude<GameServer['state'], 'ended'>, number>;
  readonly sessions: Record<Exclude<Session['state'], 'over'>, number>;
}

/** Counts requests by result. */
export class AskCounts {
  /** Starts with every result, because `increase()` misses the first event of a new series. */
  readonly results = new Map<AskResult, number>(RESULTS.map((result) => [result, 0]));

  count(result: AskResult): void {
    this.results.set(result, (this.results.get(result) ?? 0) + 1);
  }

  /** Wraps a listener, and counts the result of its request. */
  counting(listener: AskListener): AskListener {
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
