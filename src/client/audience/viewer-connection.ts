import type { Codec, Data, ListenerOptions, Status, Viewer, ViewerEvents } from '../api.js';
import { attempt } from '../browser.js';
import type { RelayAddress } from '../connection/relay-address.js';
import { RelayConnection } from '../connection/relay-connection.js';
import type { ResolvedEnvironment } from '../environment.js';
import { GuestEvents } from '../guest-events.js';
import { toData } from '../session/message.js';
import { readStoredFrame, type SharedItem } from '../shared/item.js';

/** By then, a relay that refuses has closed the connection. In milliseconds. */
const ACCEPT_TIME = 500;

/** A viewer reconnects after this time without a message, in case the connection is dead. In ms. */
const MAX_SILENCE = 300_000;

export interface Watching {
  readonly environment: ResolvedEnvironment;
  readonly address: RelayAddress;
  /** With the query. */
  readonly path: string;
  readonly code: string;
  readonly codec: Codec | undefined;
  joined(viewer: Viewer): void;
  refused(error: unknown): void;
}

const EVENTS = [
  'message',
  'shared',
  'state',
  'poll',
  'status',
  'error',
  'close',
] as const satisfies readonly (keyof ViewerEvents)[];

/** A poll, as the host shows it to the audience. */
interface Poll {
  /** The same as long as the poll continues. */
  readonly id: string;
  readonly choices: readonly string[];
}

/** A viewer's connection to the relay. */
export class ViewerConnection extends GuestEvents<ViewerEvents> implements Viewer {
  readonly code: string;
  readonly #watching: Watching;
  readonly #connection: RelayConnection;
  #poll: Poll = { id: '', choices: [] };
  #vote: { readonly poll: string; readonly choice: string } | undefined;
  #isJoined = false;
  #receivedAt = 0;
  #cancelJoin = (): void => {};

  constructor(watching: Watching) {
    super(EVENTS, watching.codec);
    this.#watching = watching;
    this.code = watching.code;
    this.#connection = this.#openConnection();
    this.#connection.connect();
  }

  get status(): Status {
    return this.#connection.status;
  }

  get poll(): readonly string[] {
    return this.#poll.choices;
  }

  vote(choice: string): void {
    const { id, choices } = this.#poll;
    if (!choices.includes(choice)) throw new RangeError(`vote: expected one of ${choices.join()}`);
    this.#vote = { poll: id, choice };
    this.#connection.send(choice);
  }

  messages(options?: ListenerOptions): AsyncIterableIterator<Data> {
    return this.iterate(([data]) => data, options);
  }

  /** Cancels the attempt to join. */
  cancel(reason: unknown): void {
    this.#watching.refused(reason);
    this.#connection.close();
  }

  leave(): void {
    this.#connection.close();
  }

  #openConnection(): RelayConnection {
    const { environment, address, path } = this.#watching;
    const { clock } = environment;
    return new RelayConnection(environment, {
      address,
      path: () => path,
      secret: () => undefined,
      opened: () => {
        this.#receivedAt = clock.now();
        this.#cancelJoin = clock.after(ACCEPT_TIME, () => this.#join());
      },
      received: (data) => {
        this.#receivedAt = clock.now();
        this.#received(data);
      },
      lost: () => {
        this.#cancelJoin();
        return this.#isJoined;
      },
      closed: (error) => {
        if (this.#isJoined) this.emit('close', error);
        else this.#watching.refused(error);
      },
      status: (status) => this.emit('status', status),
      probe: () => false,
      verify: async () => clock.now() - this.#receivedAt < MAX_SILENCE && undefined,
    });
  }

  #join(): void {
    this.#connection.accepted();
    if (this.#isJoined) return;
    this.#isJoined = true;
    this.#watching.joined(this);
  }

  #received(data: string | Uint8Array): void {
    const item = typeof data === 'string' ? undefined : readStoredFrame(data);
    if (item === undefined) this.emitOpen('message', data);
    else if (item.kind === 'audience') this.#receivedAudience(item);
    else this.shares.receive(item);
  }

  /** Handles the keys that there are, and the poll. */
  #receivedAudience({ mark, content }: SharedItem): void {
    const text = toData({ kind: 'text', body: content });
    // The host may have sent anything.
    const shown = Object(attempt(() => JSON.parse(String(text))));
    const keys = stringsIn(shown.keys);
    for (const key of this.shares.values.keys()) if (!keys.includes(key)) this.#forget(key);
    const id = `${mark} ${typeof shown.number === 'number' ? shown.number : 0}`;
    // After a reconnect, the relay does not count the earlier vote any more.
    if (this.#vote?.poll === id) this.#connection.send(this.#vote.choice);
    if (this.#poll.id === id) return;
    const hadNone = this.poll.length === 0;
    this.#poll = { id, choices: Object.freeze(stringsIn(shown.poll)) };
    if (this.poll.length > 0 || !hadNone) this.emitSized(content.length, 'poll', this.poll);
  }

  /** The value was forgotten while this viewer was disconnected. */
  #forget(key: string): void {
    const content = new Uint8Array();
    this.shares.receive({ kind: 'forgotten', mark: 0, number: 0, key, content });
  }
}

/** The strings in a list; none if it is not a list. */
function stringsIn(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.filter((each) => typeof each === 'string') : [];
}
