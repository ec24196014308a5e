import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Inbox } from '../support/inbox.js';
import { startProgram } from '../support/program.js';
import type { Codes, News, Order, Report, Setup } from './programs/healthy-rooms.js';

const PROGRAM = fileURLToPath(new URL('programs/healthy-rooms.ts', import.meta.url));

/** Rooms in another process that play all the time, and verify every message both ways. */
export class HealthyRooms {
  readonly #program: ChildProcess;
  readonly #news = new Inbox<News>();
  readonly #died: Promise<never>;

  /** Returns as soon as all of them play. */
  static async start(setup: Setup): Promise<HealthyRooms> {
    const rooms = new HealthyRooms(startProgram(PROGRAM, [JSON.stringify(setup)]));
    await rooms.#hears('playing');
    return rooms;
  }

  private constructor(program: ChildProcess) {
    this.#program = program;
    program.on('message', (news: News) => this.#news.put(news));
    this.#died = once(program, 'exit').then(() => {
      throw new Error('the healthy rooms have ended');
    });
    this.#died.catch(() => {});
  }

  /** The next report is about what comes from here on. */
  begin(): void {
    this.#say({ say: 'begin' });
  }

  /**
   * Waits until so many messages have been verified, and everything that was said has been heard,
   * or has to be taken for lost.
   */
  report(atLeast: number): Promise<Report> {
    this.#say({ say: 'report', atLeast });
    return this.#hears('report');
  }

  /** Has them know that the relay is about to close them. They play on until then. */
  async expectEnd(): Promise<void> {
    this.#say({ say: 'expect-end' });
    await this.#hears('expecting-end');
  }

  /** How often they were closed by which code, once all of them are. */
  async ended(): Promise<Codes> {
    return (await this.#hears('closed')).closed;
  }

  /** Leaves without a word; stopping twice is harmless. */
  async stop(): Promise<void> {
    this.#program.kill('SIGKILL');
    await this.#died.catch(() => {});
  }

  #say(order: Order): void {
    this.#program.send(order);
  }

  async #hears<Is extends News['is']>(is: Is): Promise<Extract<News, { is: Is }>> {
    for (;;) {
      const news = await Promise.race([this.#news.next(), this.#died]);
      if (news.is === is) return news as Extract<News, { is: Is }>;
    }
  }
}
