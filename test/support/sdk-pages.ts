import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/client/environment.js';
import {
  type Clock,
  createRoom,
  type Data,
  type GivenRoom,
  type JoinOptions,
  joinRoom,
  quickJoin,
  type RelayError,
  type Room,
  type RoomEvents,
  type RoomOptions,
  type Seat,
  type TakeOptions,
  takeRoom,
  type Viewer,
} from '../../src/client/index.js';
import { Inbox } from './inbox.js';

/** A page with the SDK whose connections a test can break. */
export class SdkPage {
  readonly #sockets: WebSocket[] = [];
  readonly #environment: object;

  /** @param environment options of `createRoom` and `joinRoom`; without storage by default */
  constructor(environment: object = {}) {
    const sockets = this.#sockets;
    class PageSocket extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets.push(this);
      }
    }
    this.#environment = { WebSocket: PageSocket, storage: null, ...environment };
  }

  async createRoom(url: string, options: RoomOptions = {}): Promise<Room> {
    const room = await createRoom(url, { ...this.#environment, ...options });
    onTestFinished(() => room.stop());
    return room;
  }

  async joinRoom(url: string, code: string, options: JoinOptions = {}): Promise<Seat> {
    const seat = await joinRoom(url, code, { ...this.#environment, ...options });
    onTestFinished(() => seat.leave());
    return seat;
  }

  async quickJoin(url: string, list: string, options: JoinOptions = {}): Promise<Seat> {
    const seat = await quickJoin(url, list, { ...this.#environment, ...options });
    onTestFinished(() => seat.leave());
    return seat;
  }

  async takeRoom(url: string, given: GivenRoom, options: TakeOptions = {}): Promise<Room> {
    const room = await takeRoom(url, given, { ...this.#environment, ...options });
    onTestFinished(() => room.stop());
    return room;
  }

  /** Breaks the latest connection without a close frame; the page reconnects. */
  breakConnection(): void {
    this.#sockets.at(-1)?.terminate();
  }

  /** Ends the page without a close frame: it does not reconnect. */
  kill(): void {
    for (const socket of this.#sockets) {
      socket.onclose = null;
      socket.terminate();
    }
  }
}

/** Collects the first argument of an event. */
export function eventsOf<Name extends keyof RoomEvents>(
  room: Room,
  name: Name,
): Inbox<RoomEvents[Name][0]> {
  const inbox = new Inbox<RoomEvents[Name][0]>();
  room.on(name, (...[first]) => inbox.put(first));
  return inbox;
}

/** The system's clock, started at another time, in milliseconds. */
export function clockAt(start: number): Clock {
  return { ...systemClock, now: () => systemClock.now() + start };
}

export function closeOf(end: Room | Seat | Viewer): Promise<RelayError> {
  return new Promise((resolve) => (end as Viewer).once('close', resolve));
}

/** Collects the messages that a player or a viewer receives. */
export function messagesTo(guest: Seat | Viewer): Inbox<Data> {
  const inbox = new Inbox<Data>();
  (guest as Viewer).on('message', (message) => inbox.put(message));
  return inbox;
}
