import { readOn } from '../../http/hold-input.js';
import type { ListRoute } from '../../http/list-route.js';
import type { ListsOfAll } from '../../http/lists-of-all.js';
import type { Route } from '../../http/route.js';
import type { Admission } from '../../limits/admission.js';
import { OneAtATime } from '../../limits/one-at-a-time.js';
import { CLOSE_REASONS, type CloseReason } from '../../protocol/close-codes.js';
import type { Rooms } from '../../rooms/rooms.js';
import type { Acceptor, Upgrade } from '../../transport/acceptor.js';
import type { Arrival, Standing } from '../messages.js';
import { standingOf } from '../standing.js';
import type { RoomIndex } from './room-index.js';
import type { WorkerProcess } from './worker-process.js';

export interface HandOverParts {
  readonly admission: Admission;
  readonly acceptor: Acceptor;
  readonly rooms: Pick<Rooms, 'refusal'>;
  readonly workers: readonly WorkerProcess[];
  readonly index: RoomIndex<WorkerProcess>;
  readonly lists: ListsOfAll<WorkerProcess>;
  /** Whether launched servers open their rooms in this process. */
  readonly opensLaunched: boolean;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

/** How long clients wait for a worker that has failed, or does not respond, in milliseconds. */
const MAX_WAIT = 10_000;

/** How long other guesses of an address wait for a worker to decide about one, in milliseconds. */
const MAX_DECISION = 1000;

interface Purpose {
  /** The client opens a room. */
  readonly opens?: true;
  /** The client sends a secret, which may be wrong. */
  readonly guesses?: boolean;
}

type QuickJoinRoute = Extract<ListRoute, { readonly kind: 'quickJoin' }>;

/**
 * Hands WebSockets over to the workers that have their rooms. A worker gets the request, the socket and
 * what this process knows about the address, which counts it until the worker has decided: so limits per
 * address hold for all processes together.
 */
export class HandOvers {
  readonly #parts: HandOverParts;
  /** A wrong secret is counted before the same address can try the next one. */
  readonly #guesses = new OneAtATime(MAX_DECISION);

  constructor(parts: HandOverParts) {
    this.#parts = parts;
  }

  /** Returns whether a worker gets it. All others, such as wrong codes, are decided here. */
  take(target: Route, upgrade: Upgrade): boolean {
    const { index, rooms, opensLaunched } = this.#parts;
    if (target.kind === 'quickJoin') {
      this.#unlessFault(this.#quickJoin(target, upgrade), upgrade);
      return true;
    }
    if (target.kind === 'room') {
      const guesses = target.password !== undefined;
      return this.#handOver(index.find(target.code ?? ''), upgrade, { guesses });
    }
    if (target.kind !== 'create') return false;
    const { resume, launch } = target;
    if (resume !== undefined) {
      return this.#handOver(index.find(resume.code ?? ''), upgrade, { guesses: true });
    }
    if ((launch !== undefined && opensLaunched) || rooms.refusal !== undefined) return false;
    return this.#handOver(this.#emptiest(), upgrade, { opens: true });
  }

  /**
   * A client has connected to the port of a worker. Resolves with what is known about it, which counts
   * until `decided`.
   */
  arrive({ address, opens, guesses }: Arrival, decided: Promise<void>): Promise<Standing> {
    return new Promise((resolve, reject) => {
      const count = async (): Promise<void> => {
        resolve(standingOf(this.#parts.admission, address, opens, performance.now()));
        await this.#counted(address, decided);
      };
      (guesses ? this.#guesses.run(address, count) : count()).catch(reject);
    });
  }

  async #quickJoin({ list, seat }: QuickJoinRoute, upgrade: Upgrade): Promise<void> {
    const { admission, lists } = this.#parts;
    const { address } = upgrade;
    // Whoever is refused must not have all workers search.
    const isRefused =
      admission.reconnect(address) !== undefined ||
      admission.isGuessLimited(address, performance.now());
    const found = isRefused ? undefined : await lists.forPlayer(list, seat, address);
    // Any worker refuses as the right one would.
    const worker = found?.place ?? this.#emptiest();
    if (!this.#handOver(worker, upgrade, {})) this.#refuse(CLOSE_REASONS.restarting, upgrade);
  }

  #handOver(worker: WorkerProcess | undefined, upgrade: Upgrade, purpose: Purpose): boolean {
    if (worker === undefined) return false;
    const handOver = purpose.guesses
      ? this.#guess(worker, upgrade, purpose)
      : this.#sendWhenPossible(worker, upgrade, purpose);
    this.#unlessFault(handOver, upgrade);
    return true;
  }

  /** An exception costs this client its connection, and nobody else. */
  #unlessFault(work: Promise<void>, { socket }: Upgrade): void {
    work.catch((error: unknown) => {
      this.#parts.fault(error);
      socket.destroy();
    });
  }

  async #sendWhenPossible(worker: WorkerProcess, upgrade: Upgrade, purpose: Purpose) {
    if (await this.#responds(worker, upgrade)) await this.#send(worker, upgrade, purpose);
  }

  async #guess(worker: WorkerProcess, upgrade: Upgrade, purpose: Purpose): Promise<void> {
    let isSent = false;
    while (!isSent && (await this.#responds(worker, upgrade))) {
      await this.#guesses.run(upgrade.address, async () => {
        // Guesses at rooms of other workers do not wait for this one.
        if (!worker.isResponding) return;
        isSent = true;
        await this.#send(worker, upgrade, purpose);
      });
    }
  }

  /**
   * Waits for a worker that has failed, or does not respond, and refuses the client if that takes too
   * long. The client takes a place of its address meanwhile.
   *
   * @returns whether it can be handed over
   */
  async #responds(worker: WorkerProcess, upgrade: Upgrade): Promise<boolean> {
    const { admission } = this.#parts;
    const { address, socket } = upgrade;
    if (!worker.isResponding) {
      const refusal = admission.reconnect(address);
      if (refusal !== undefined) return this.#refuse(refusal, upgrade);
      admission.connected(address);
      const responds = await worker.whenResponding(MAX_WAIT);
      admission.disconnected(address);
      if (!responds || worker.hasStopped) return this.#refuse(CLOSE_REASONS.restarting, upgrade);
    }
    return !socket.destroyed;
  }

  #refuse(reason: CloseReason, upgrade: Upgrade): false {
    readOn(upgrade.socket);
    this.#parts.acceptor.refuse(reason, upgrade);
    return false;
  }

  async #send(worker: WorkerProcess, upgrade: Upgrade, { opens }: Purpose): Promise<void> {
    const { admission } = this.#parts;
    const { request, socket, head, address } = upgrade;
    const standing = standingOf(admission, address, opens === true, performance.now());
    const rest: Buffer | null = socket.readableLength > 0 ? socket.read() : null;
    const { method = '', url = '', headers, httpVersion } = request;
    const bytes = rest === null ? head : Buffer.concat([head, rest]);
    const handOver = {
      method,
      url,
      headers,
      httpVersion,
      head: bytes.toString('base64'),
      address,
      standing,
    };
    await this.#counted(address, worker.handOver(handOver, socket));
  }

  /** Counts a connection of the address until the worker has decided about it. */
  async #counted(address: string, decided: Promise<void>): Promise<void> {
    const { admission, workers } = this.#parts;
    admission.connected(address);
    await decided;
    admission.disconnected(address);
    if (!admission.isOverLimit(address)) return;
    for (const each of workers) each.tell({ is: 'terminateClosing', address });
  }

  /** The worker with the fewest connections. */
  #emptiest(): WorkerProcess | undefined {
    const open = this.#parts.workers.filter(({ hasStopped }) => !hasStopped);
    const responding = open.filter(({ isResponding }) => isResponding);
    const usable = responding.filter(({ isOverloaded }) => !isOverloaded);
    const best = [usable, responding, open].find(({ length }) => length > 0) ?? [];
    return best.reduce<WorkerProcess | undefined>(
      (least, each) => (least === undefined || each.load < least.load ? each : least),
      undefined,
    );
  }
}
