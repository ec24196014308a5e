import type { ListedRoomJson } from '../../dialects/wmbp/room-list-json.js';
import type { Described } from '../../http/elsewhere.js';
import { ListsOfAll } from '../../http/lists-of-all.js';
import type { Route } from '../../http/route.js';
import type { Registry } from '../../ops/all-metrics.js';
import type { MetricsSource } from '../../ops/shared-scrape.js';
import { blocksOf, type CodeShare, lettersOf, shareOf } from '../../rooms/code-share.js';
import { NO_CODE, type RoomCode } from '../../rooms/ids.js';
import { parseRoomCode } from '../../rooms/room-code.js';
import type { SeatKey } from '../../rooms/seat-key.js';
import type { Core } from '../../server/core.js';
import type { OtherProcesses } from '../../server/surroundings.js';
import type { Upgrade } from '../../transport/acceptor.js';
import type { Arrival, Standing, Start, ToPrimary } from '../messages.js';
import { HandOvers } from './hand-overs.js';
import { RoomIndex } from './room-index.js';
import { WorkerMetrics } from './worker-metrics.js';
import { type Exit, WorkerProcess } from './worker-process.js';

export interface PoolParts {
  readonly workers: number;
  /** How many of the shares of codes are this process's: the first ones. */
  readonly ownShares: 0 | 1;
  /** The file that workers run. */
  readonly entry: URL;
  readonly core: Core;
  /** Is called before the first worker is started. */
  readonly prepare: () => void;
  /** What a worker is started with, beside its codes. */
  readonly start: (number: number) => Pick<Start, 'options' | 'onTerminal'>;
  readonly log: {
    workerReady(number: number, codes: string, port: number | undefined): void;
    workerEnded(number: number, exit: Exit): void;
    workerSilent(number: number): void;
    fault(error: unknown): void;
  };
  /** Writes a line of a worker's log. */
  readonly writeLine: (line: string) => void;
}

/** How often workers are told how many rooms all others have, in milliseconds. */
const ROOMS_INTERVAL = 100;

/** The workers of a relay, in its primary process. */
export class Pool implements OtherProcesses {
  readonly #parts: PoolParts;
  readonly #workers: readonly WorkerProcess[];
  readonly #index = new RoomIndex<WorkerProcess>();
  readonly #lists: ListsOfAll<WorkerProcess>;
  readonly #handOvers: HandOvers;
  readonly #metrics: WorkerMetrics;
  #roomsTimer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(parts: PoolParts) {
    this.#parts = parts;
    const fault = (error: unknown): void => parts.log.fault(error);
    this.#workers = Array.from(
      { length: parts.workers },
      (_, index) =>
        new WorkerProcess(index + 1, {
          entry: parts.entry,
          start: (worker) => this.#startOf(worker),
          told: (worker, fact) => this.#told(worker, fact),
          claim: (worker, code) => this.#claim(worker, code),
          silent: (worker) => this.#silent(worker),
          arrive: (worker, arrival) => this.#arrive(worker, arrival),
          ended: (worker, exit) => this.#ended(worker, exit),
          writeLine: parts.writeLine,
          fault,
        }),
    );
    this.#lists = new ListsOfAll(() => this.#workers);
    this.#metrics = new WorkerMetrics(this.#workers, fault);
    this.#handOvers = new HandOvers({
      ...parts.core,
      workers: this.#workers,
      index: this.#index,
      lists: this.#lists,
      opensLaunched: parts.ownShares === 1,
      fault,
    });
  }

  get rooms(): number {
    return this.#index.size;
  }

  get isOverloaded(): boolean {
    return this.#workers.every(({ isOverloaded, isResponding }) => isOverloaded || !isResponding);
  }

  async start(): Promise<void> {
    this.#parts.prepare();
    for (const worker of this.#workers) worker.start();
    await Promise.all(this.#workers.map(({ whenReady }) => whenReady));
  }

  close(): Promise<void> {
    return this.#stop('close');
  }

  abort(): Promise<void> {
    return this.#stop('abort');
  }

  settled(code: string): Promise<void> | undefined {
    if (code === NO_CODE || this.#index.find(code) !== undefined) return undefined;
    // Messages of workers that have arrived are read in this turn.
    return new Promise((resolve) => setImmediate(resolve));
  }

  take(target: Route, upgrade: Upgrade): boolean {
    return this.#handOvers.take(target, upgrade);
  }

  async describe(code: RoomCode, seat: SeatKey | undefined): Promise<Described> {
    await this.settled(code);
    try {
      const found = await this.#index.find(code)?.ask('describe', { code, seat });
      return found ?? undefined;
    } catch {
      return 'noAnswer';
    }
  }

  list(
    name: string,
    most: number,
    after: RoomCode | undefined,
  ): Promise<readonly ListedRoomJson[]> {
    return this.#lists.page(name, most, after);
  }

  metricsWith(own: Registry): MetricsSource {
    return this.#metrics.with(own);
  }

  async #stop(how: 'close' | 'abort'): Promise<void> {
    this.#isClosing = true;
    await Promise.all(this.#workers.map((worker) => worker.stop(how)));
  }

  #startOf(worker: WorkerProcess): Start {
    const share = this.#shareOf(worker.number);
    const givenAway = this.#index
      .codesElsewhere(worker)
      .filter((code) => shareOf(code, share.of) === share.index);
    return { ...this.#parts.start(worker.number), number: worker.number, share, givenAway };
  }

  #told(worker: WorkerProcess, fact: ToPrimary): void {
    const { admission } = this.#parts.core;
    switch (fact.is) {
      case 'connected':
        worker.connections.add(fact.address);
        return admission.connected(fact.address);
      case 'disconnected':
        worker.connections.remove(fact.address);
        return admission.disconnected(fact.address);
      case 'missed':
        return admission.missed(fact.address, fact.tried, performance.now());
      case 'opened':
        this.#index.add(fact.code, worker);
        return this.#roomsChanged();
      case 'ended':
        return this.#roomEnded(worker, fact.code);
      case 'ready':
        for (const code of this.#index.restored(worker)) this.#takeBack(worker, code);
        this.#logReady(worker);
        return this.#roomsChanged();
      case 'load':
      case 'decided':
        return undefined;
      default:
        fact satisfies never;
    }
  }

  #logReady({ number }: WorkerProcess): void {
    const { log, start } = this.#parts;
    const [first, end] = blocksOf(this.#shareOf(number));
    const { workerPort } = start(number).options;
    const codes = `${lettersOf(first)} to ${lettersOf(end - 1)}`;
    log.workerReady(number, codes, workerPort > 0 ? workerPort + number - 1 : undefined);
  }

  #shareOf(number: number): CodeShare {
    const { ownShares, workers } = this.#parts;
    return { index: number - 1 + ownShares, of: workers + ownShares };
  }

  #roomEnded(worker: WorkerProcess, code: string): void {
    if (this.#index.remove(code, worker)) this.#takeBack(worker, code);
    this.#roomsChanged();
  }

  /** The process that draws this code may use it again. */
  #takeBack(worker: WorkerProcess, code: string): void {
    const owner = this.#ownerOf(code);
    if (owner === undefined) this.#parts.core.rooms.takeBack(code as RoomCode);
    else if (owner !== worker) owner.tell({ is: 'takeBack', code });
  }

  /** A host of a worker has chosen this code. From then on, the code counts as in use by the worker. */
  async #claim(worker: WorkerProcess, code: string): Promise<boolean> {
    if (this.#index.find(code) !== undefined) return false;
    const owner = this.#ownerOf(code);
    const isFree =
      owner === undefined
        ? this.#parts.core.rooms.giveAway(code as RoomCode)
        : await this.#giveAway(owner, code);
    if (isFree) this.#index.add(code, worker);
    return isFree;
  }

  async #giveAway(owner: WorkerProcess, code: string): Promise<boolean> {
    try {
      return await owner.ask('giveAway', { code });
    } catch {
      // Its answer may be on the way, or it may read the question later.
      owner.tell({ is: 'takeBack', code });
      return false;
    }
  }

  async #arrive(worker: WorkerProcess, arrival: Arrival): Promise<Standing | null> {
    const { code, address } = arrival;
    // Before anything else: the worker may give up waiting for the answer.
    const decided = worker.decision(arrival.id);
    const room = parseRoomCode(code) ?? NO_CODE;
    await this.settled(room);
    const place = this.#index.find(room);
    if (place !== undefined && place !== worker) return null;
    const standing = await this.#handOvers.arrive(arrival, decided);
    if (code !== '' && place === undefined && !standing.isGuessLimited) {
      this.#parts.core.admission.missed(address, code, performance.now());
    }
    return standing;
  }

  /** The worker that draws this code; `undefined` if this process does. */
  #ownerOf(code: string): WorkerProcess | undefined {
    const { ownShares, workers } = this.#parts;
    return this.#workers[shareOf(code, workers + ownShares) - ownShares];
  }

  #silent(worker: WorkerProcess): void {
    if (!this.#isClosing) this.#parts.log.workerSilent(worker.number);
  }

  #ended(worker: WorkerProcess, exit: Exit): void {
    const { admission } = this.#parts.core;
    for (const address of worker.connections.removeAll()) admission.disconnected(address);
    if (this.#isClosing) return;
    this.#index.lost(worker);
    this.#metrics.ended(worker);
    this.#parts.log.workerEnded(worker.number, exit);
  }

  /** Tells all workers how many rooms the others have. */
  #roomsChanged(): void {
    this.#roomsTimer ??= setTimeout(() => {
      this.#roomsTimer = undefined;
      const all = this.#index.size + this.#parts.core.rooms.size;
      for (const worker of this.#workers) {
        worker.tell({ is: 'rooms', elsewhere: all - this.#index.countAt(worker) });
      }
    }, ROOMS_INTERVAL).unref();
  }
}
