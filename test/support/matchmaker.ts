import type {
  LaunchError,
  Matchmaker,
  PendingRequest,
  PlaceListener,
  PlaceRequest,
  ServedGame,
} from '../../src/launch/matchmaker.js';
import type { Place } from '../../src/protocol/matchmaking.js';
import { Inbox } from './inbox.js';

/** A request at a `TestMatchmaker`, which the test answers. */
export interface TestRequest extends PlaceListener {
  readonly request: PlaceRequest;
  /** Resolves when the player has left. */
  readonly cancelled: Promise<void>;
  readonly isCancelled: boolean;
}

/** Serves `g`, version 1 and 2, on servers, and `party`, version 1, in a room. */
const GAMES: readonly ServedGame[] = [
  { game: 'g', version: '1', place: 'server' },
  { game: 'g', version: '2', place: 'server' },
  { game: 'party', version: '1', place: 'room' },
];

/** A server as a matchmaker gives it. */
export const PLACE: Place = {
  is: 'server',
  ip: '203.0.113.7',
  port: 30004,
  certDigest: 'e3:76',
  token: Buffer.alloc(2048, 7),
};

/** A matchmaker whose requests the test answers. The first game is the default. */
export class TestMatchmaker implements Matchmaker {
  readonly requests = new Inbox<TestRequest>();
  /** How many requests there were. */
  count = 0;

  constructor(readonly games: readonly ServedGame[] = GAMES) {}

  find(game: string | undefined, version: string | undefined): ServedGame | undefined {
    if (game === undefined) return this.games[0];
    return this.games.find(
      (each) => each.game === game && (version ?? each.version) === each.version,
    );
  }

  requestPlace(request: PlaceRequest, listener: PlaceListener): PendingRequest {
    this.count++;
    const { promise, resolve } = withResolvers();
    const pending = {
      request,
      cancelled: promise,
      isCancelled: false,
      accepted: (session: string) => listener.accepted(session),
      progress: (status: string) => listener.progress(status),
      ready: (place: Place) => listener.ready(place),
      failed: (error: LaunchError) => listener.failed(error),
    };
    this.requests.put(pending);
    return {
      cancel() {
        pending.isCancelled = true;
        resolve();
      },
    };
  }

  /** The next request, once the session is there. */
  async accepted(session = 'the-session-1'): Promise<TestRequest> {
    const pending = await this.requests.next();
    pending.accepted(session);
    return pending;
  }

  /** Answers the next request at once. */
  async answer(place: Place = PLACE): Promise<TestRequest> {
    const pending = await this.accepted();
    pending.ready(place);
    return pending;
  }
}

/** A matchmaker that answers every request with this error. */
export function failing(error: LaunchError): Matchmaker {
  const matchmaker = new TestMatchmaker();
  const requestPlace = (_request: PlaceRequest, listener: PlaceListener): PendingRequest => {
    setImmediate(() => listener.failed(error));
    return { cancel() {} };
  };
  return { find: (...names) => matchmaker.find(...names), requestPlace };
}

function withResolvers() {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
