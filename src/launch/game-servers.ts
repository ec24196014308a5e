import type { GameConfig } from './config/games.js';
import { GameServer, type ServerContext } from './game-server.js';
import { LaunchError } from './matchmaker.js';
import type { Session } from './session.js';

export interface GameServersContext extends ServerContext {
  /** A server is being started. */
  starting(server: GameServer): void;
}

/** The servers of one game. Chooses the server for players, and starts another one if needed. */
export class GameServers {
  readonly game: GameConfig;
  readonly #servers = new Set<GameServer>();
  readonly #context: GameServersContext;

  constructor(game: GameConfig, context: GameServersContext) {
    this.game = game;
    this.#context = {
      ...context,
      ended: (server) => {
        this.#servers.delete(server);
        context.ended(server);
      },
    };
  }

  /** Including those that are ending. */
  get all(): ReadonlySet<GameServer> {
    return this.#servers;
  }

  /**
   * Finds a server with this number of free seats, or starts one for this session.
   *
   * @throws {LaunchError} 409 if the maximum number of servers is reached, 429 if too many were started
   * for the player's address
   */
  findOrStart(count: number, session: Session): GameServer {
    return this.#best(count) ?? this.#start(session);
  }

  /**
   * Prefers ready servers, so that players do not wait; and of those the fullest, so that the others
   * become empty and end.
   */
  #best(count: number): GameServer | undefined {
    const usable = [...this.#servers].filter(({ freeSeats }) => freeSeats >= count);
    return usable.toSorted((a, b) => rank(a) - rank(b) || a.freeSeats - b.freeSeats)[0];
  }

  #start({ clientAddress, mayStart }: Session): GameServer {
    if (this.#servers.size >= this.game.maxServers) {
      throw new LaunchError(409, 'all game servers are full');
    }
    const refusal = mayStart();
    if (refusal !== undefined) throw refusal;
    const server = new GameServer(this.game, clientAddress, this.#context);
    this.#servers.add(server);
    this.#context.starting(server);
    return server;
  }
}

function rank({ state }: GameServer): number {
  return state === 'ready' ? 0 : 1;
}
