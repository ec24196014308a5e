import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Inbox } from '../support/inbox.js';
import { startProgram } from '../support/program.js';
import type { Codes, Order, Report, RoomsMessage, Setup } from './programs/healthy-rooms.js';

const PROGRAM = fileURLToPath(new URL('programs/healthy-rooms.ts', import.meta.url));

/** Rooms in another process that play all the time and verify every message in both directions. */
export class HealthyRooms {
  readonly #program: ChildProcess;
  readonly #messages = new Inbox<RoomsMessage>();
  readonly #died: Promise<never>;

  /** Returns as soon as all of them play. */
  static async start(setup: Setup): Promise<HealthyRooms> {
    const rooms = new HealthyRooms(startProgram(PROGRAM, [JSON.stringify(setup)]));
    await rooms.#receives('playing');
    return rooms;
  }

  private constructor(program: ChildProcess) {
    this.#program = program;
    program.on('message', (message: RoomsMessage) => this.#messages.put(message));
    this.#died = once(program, 'exit').then(() => {
      throw new Error('the healthy rooms have ended');
    });
    this.#died.catch(() => {});
  }

  get pid(): number {
    return this.#program.pid ?? 0;
  }

  /** Starts a new report. */
  begin(): void {
    this.#say({ say: 'begin' });
  }

  /**
   * Waits until this many messages are verified, and all sent messages have arrived or count as
   * lost.
   */
  report(atLeast: number): Promise<Report> {
    this.#say({ say: 'report', atLeast });
    return this.#receives('report');
  }

  /** Announces that the relay is about to close them. They play until then. */
  async expectEnd(): Promise<void> {
    this.#say({ say: 'expect-end' });
    await this.#receives('expecting-end');
  }

  /** The number of closes by code, once all connections are closed. */
  async ended(): Promise<Codes> {
    return (await this.#receives('closed')).closed;
  }

  /** Disconnects without close frames. May be called twice. */
  async stop(): Promise<void> {
    this.#program.kill('SIGKILL');
    await this.#died.catch(() => {});
  }

  #say(order: Order): void {
    this.#program.send(order);
  }

  async #receives<Is extends RoomsMessage['is']>(
    is: Is,
  ): Promise<Extract<RoomsMessage, { is: Is }>> {
    for (;;) {
      const message = await Promise.race([this.#messages.next(), this.#died]);
      if (message.is === is) return message as Extract<RoomsMessage, { is: Is }>;
    }
  }
}
