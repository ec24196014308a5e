import type { Socket } from 'node:net';
import { roomAnswers } from '../../http/room-answers.js';
import { shareOf } from '../../rooms/code-share.js';
import type { RoomCode } from '../../rooms/ids.js';
import { composeRelay, type RelayOptions } from '../../server/compose-relay.js';
import type { RelayServer } from '../../server/relay-server.js';
import { type Answers, Channel, type Envelope, type Peer } from '../channel.js';
import type {
  HandOver,
  PrimaryQuestions,
  Start,
  ToPrimary,
  ToWorker,
  WorkerQuestions,
} from '../messages.js';
import { HandedAdmission } from '../standing.js';
import { HANDED_ADDRESSES, HandedRequest } from './handed-request.js';
import { OwnPort } from './own-port.js';

/** How often the load is reported, in milliseconds: it shows that this process responds. */
const LOAD_INTERVAL = 250;

/** What the primary sends. */
export type FromPrimary = Envelope<ToWorker> | { readonly handOver: HandOver };

/** A process with a part of the rooms. The primary accepts its sockets. */
export class Worker {
  readonly #start: Start;
  readonly #channel: Channel<ToPrimary, PrimaryQuestions>;
  readonly #relay: RelayServer;
  readonly #answers: Answers<WorkerQuestions>;
  #admission: HandedAdmission | undefined;
  #roomsElsewhere = 0;

  /**
   * @param primary the channel to the primary
   * @throws {OptionError} if an option cannot be used
   */
  constructor(
    start: Start,
    primary: Peer,
    given: Pick<RelayOptions, 'logger' | 'droppedLogLines'>,
  ) {
    this.#start = start;
    this.#channel = new Channel(primary);
    this.#relay = this.#compose(given);
    const { core, registry } = this.#relay.parts;
    this.#answers = {
      ...roomAnswers(core.rooms, start.options),
      giveAway: ({ code }) => core.rooms.giveAway(code as RoomCode),
      metrics: () => registry.getMetricsAsJSON(),
    };
  }

  /**
   * Restores the rooms of the state file, and says that it is ready. Rejects if it cannot listen on its own
   * port.
   */
  async start(): Promise<void> {
    const { rooms } = this.#relay.parts.core;
    for (const code of this.#start.givenAway) rooms.giveAway(code as RoomCode);
    this.#relay.start();
    setInterval(() => this.#reportLoad(), LOAD_INTERVAL).unref();
    await this.#listen();
    this.#channel.tell({ is: 'ready' });
  }

  /**
   * The primary has sent this.
   *
   * @param socket comes with a hand-over; missing if its client is gone already
   */
  receive(message: FromPrimary, socket: Socket | undefined): void {
    if ('handOver' in message) this.#serve(message.handOver, socket).catch(this.#fault);
    else if ('facts' in message) for (const fact of message.facts) this.#obey(fact);
    else if ('question' in message) {
      this.#channel.answer<WorkerQuestions>(message, this.#answers).catch(this.#fault);
    } else this.#channel.answered(message);
  }

  /** The primary has ended: saves the rooms, and closes all connections. */
  lostPrimary(): Promise<void> {
    return this.#relay.close(0);
  }

  /** This process has failed. */
  fail(): Promise<void> {
    return this.#relay.abort();
  }

  /** Is called when the relay has stopped, because the primary has said so. */
  onStopped: () => void = () => {};

  #compose(given: Pick<RelayOptions, 'logger' | 'droppedLogLines'>): RelayServer {
    const { options, share } = this.#start;
    // A worker has no workers of its own.
    const own = { ...options, workers: 1 };
    return composeRelay({ ...own, ...given }, () => undefined, {
      share,
      roomsElsewhere: () => this.#roomsElsewhere,
      addresses: HANDED_ADDRESSES,
      observer: {
        roomOpened: ({ code, dialect }) =>
          // The primary must know the code when the first player comes with it.
          dialect === undefined && this.#channel.tellNow({ is: 'opened', code }),
        roomEnded: ({ identity: { code, dialect } }) =>
          dialect === undefined && this.#channel.tell({ is: 'ended', code }),
      },
      connections: {
        connected: (address) => this.#channel.tell({ is: 'connected', address }),
        disconnected: (address) => this.#channel.tell({ is: 'disconnected', address }),
      },
      admissionOf: (own) => {
        this.#admission = new HandedAdmission(own, (address, tried) =>
          this.#channel.tell({ is: 'missed', address, tried }),
        );
        return this.#admission;
      },
      ...(options.customCodes && {
        claimCode: (code, use) => this.#claim(code, use).catch(this.#fault),
      }),
    });
  }

  async #listen(): Promise<void> {
    const { options, number } = this.#start;
    if (options.workerPort === 0 || this.#admission === undefined) return;
    const ownPort = new OwnPort({
      options,
      port: options.workerPort + number - 1,
      relay: this.#relay,
      admission: this.#admission,
      arrive: (arrival) => this.#channel.ask('arrive', arrival),
      decided: (id) => this.#channel.tell({ is: 'decided', id }),
    });
    await ownPort.listen();
  }

  async #serve(handOver: HandOver, socket: Socket | undefined): Promise<void> {
    const { id, standing, head } = handOver;
    try {
      if (socket === undefined) return;
      const request = new HandedRequest(socket, handOver);
      await this.#admission?.decide(standing, () =>
        this.#relay.handOver(request, socket, Buffer.from(head, 'base64')),
      );
    } finally {
      this.#channel.tell({ is: 'decided', id });
    }
  }

  #obey(fact: ToWorker): void {
    const { acceptor, rooms } = this.#relay.parts.core;
    switch (fact.is) {
      case 'terminateClosing':
        return acceptor.connections.terminateClosing(fact.address);
      case 'takeBack':
        return rooms.takeBack(fact.code as RoomCode);
      case 'rooms':
        this.#roomsElsewhere = fact.elsewhere;
        return;
      case 'close':
        return void this.#relay.close().then(() => this.onStopped());
      case 'abort':
        return void this.#relay.abort().then(() => this.onStopped());
      default:
        fact satisfies never;
    }
  }

  /** Asks for a code that a host has chosen, if another worker draws it. */
  async #claim(chosen: string, use: (isFree: boolean) => void): Promise<void> {
    const { share } = this.#start;
    const { rooms } = this.#relay.parts.core;
    const code = rooms.readChosenCode(chosen);
    if (code === undefined || shareOf(code, share.of) === share.index) return use(true);
    // The primary always answers. If this process gave up before, nobody would give the code back.
    const isFree = await this.#channel.ask('claim', { code }, 0);
    use(isFree);
    // The host has gone meanwhile.
    if (isFree && rooms.find(code) === undefined) this.#channel.tell({ is: 'ended', code });
  }

  /** What fails here must not end the games of this process. */
  readonly #fault = (error: unknown): void => this.#relay.parts.log.fault(error);

  #reportLoad(): void {
    const isOverloaded = this.#relay.parts.core.load.overload !== undefined;
    this.#channel.tell({ is: 'load', isOverloaded });
  }
}
