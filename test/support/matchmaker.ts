import type {
  Ask,
  AskListener,
  AskRequest,
  LaunchError,
  Matchmaker,
  Offer,
} from '../../src/launch/ask.js';
import type { Place } from '../../src/protocol/matchmaking.js';
import { Inbox } from './inbox.js';

/** A request at a `TestMatchmaker`, which the test answers. */
export interface TestAsk extends AskListener {
  readonly request: AskRequest;
  /** Resolves when the player has left. */
  readonly cancelled: Promise<void>;
  readonly isCancelled: boolean;
}

/** Serves `g`, version 1 and 2, on servers, and `party`, version 1, in a room. */
const OFFERS: readonly Offer[] = [
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
  readonly asks = new Inbox<TestAsk>();
  /** How many requests there were. */
  count = 0;

  constructor(readonly offers: readonly Offer[] = OFFERS) {}

  find(game: string | undefined, version: string | undefined): Offer | undefined {
    if (game === undefined) return this.offers[0];
    return this.offers.find(
      (offer) => offer.game === game && (version ?? offer.version) === offer.version,
    );
  }

  ask(request: AskRequest, listener: AskListener): Ask {
    this.count++;
    const { promise, resolve } = withResolvers();
    const ask = {
      request,
      cancelled: promise,
      isCancelled: false,
      accepted: (session: string) => listener.accepted(session),
      progress: (status: string) => listener.progress(status),
      ready: (place: Place) => listener.ready(place),
      failed: (error: LaunchError) => listener.failed(error),
    };
    this.asks.put(ask);
    return {
      cancel() {
        ask.isCancelled = true;
        resolve();
      },
    };
  }

  /** The next request, once the session is there. */
  async accepted(session = 'the-session-1'): Promise<TestAsk> {
    const ask = await this.asks.next();
    ask.accepted(session);
    return ask;
  }

  /** Answers the next request at once. */
  async answer(place: Place = PLACE): Promise<TestAsk> {
    const ask = await this.accepted();
    ask.ready(place);
    return ask;
  }
}

/** A matchmaker that answers every request with this error. */
export function failing(error: LaunchError): Matchmaker {
  const matchmaker = new TestMatchmaker();
  const ask = (_request: AskRequest, listener: AskListener): Ask => {
    setImmediate(() => listener.failed(error));
    return { cancel() {} };
  };
  return { find: (...names) => matchmaker.find(...names), ask };
}

function withResolvers() {
  let resolve = (): void => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
