import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { LineSplitter } from '../../launch/line-splitter.js';
import { Channel, type Envelope, NoAnswer, TIMEOUT } from '../channel.js';
import { Deferred } from '../deferred.js';
import type {
  Arrival,
  HandOver,
  PrimaryQuestions,
  Standing,
  Start,
  ToPrimary,
  ToWorker,
  WorkerQuestions,
} from '../messages.js';
import { ConnectionCounts } from './connection-counts.js';
import { Silence } from './silence.js';
import { Waiters } from './waiters.js';

/** The time between the start of a process that has failed and the start of the next, in milliseconds. */
const SHORTEST_LIFE = 1000;

/** The longest line of a worker's log, in bytes: one with the stack of an error. */
const MAX_LOG_LINE = 64 * 1024;

/** How a process has ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** A worker has ended before it was ready. */
export class WorkerError extends Error {
  override readonly name = 'WorkerError';

  /** @param reason what the worker itself has said */
  constructor(number: number, { code, signal }: Exit, reason: string | undefined) {
    super(reason ?? `worker ${number} could not start (${signal ?? `exit code ${code}`})`);
  }
}

/** What a worker needs of the primary. */
export interface WorkerContext {
  /** The file that a worker runs. */
  readonly entry: URL;
  /** The first message to a new process. */
  start(worker: WorkerProcess): Start;
  /** The worker says this. */
  told(worker: WorkerProcess, fact: ToPrimary): void;
  /** The worker asks for a code. Never rejects. */
  claim(worker: WorkerProcess, code: string): Promise<boolean>;
  /** A client has connected to the worker's own port. */
  arrive(worker: WorkerProcess, arrival: Arrival): Promise<Standing | null>;
  /** The process of the worker does not respond. */
  silent(worker: WorkerProcess): void;
  /** The process of the worker has ended, and another one starts unless the relay stops. */
  ended(worker: WorkerProcess, exit: Exit): void;
  /** Writes a line of the worker's log. */
  writeLine(line: string): void;
  /** An exception in the relay's own code. */
  readonly fault: (error: unknown) => void;
}

type FromWorker = Envelope<ToPrimary> | { readonly failed: string };

/** A worker: its process, and the ones that replace it when it fails. */
export class WorkerProcess {
  /** Counts from 1. */
  readonly number: number;
  readonly connections = new ConnectionCounts();
  isReady = false;
  /** Whether it refuses new rooms and players. */
  isOverloaded = false;
  readonly #context: WorkerContext;
  readonly #handedOver = new Map<
    number,
    { readonly socket?: Socket; readonly decided: () => void }
  >();
  #process: ChildProcess | undefined;
  #channel: Channel<ToWorker, WorkerQuestions> | undefined;
  #startedAt = 0;
  #restart: NodeJS.Timeout | undefined;
  #lastId = 0;
  #isStopping = false;
  /** Settled by the first process. */
  readonly #ready = new Deferred();
  #hasBeenReady = false;
  /** Why the process cannot start. */
  #failure: string | undefined;
  readonly #waiters = new Waiters();
  #silence: Silence | undefined;

  constructor(number: number, context: WorkerContext) {
    this.number = number;
    this.#context = context;
  }

  /** Resolves when the first process of the worker can take connections. */
  get whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Whether a process of the worker is there that takes connections and answers. */
  get isResponding(): boolean {
    return this.isReady && !this.#silence?.isSilent;
  }

  /** Resolves with whether it responds, or has stopped for good, within this time, in milliseconds. */
  async whenResponding(within: number): Promise<boolean> {
    return this.isResponding || this.hasStopped || this.#waiters.wait(within);
  }

  /** How many connections it has, with those that are handed over now. */
  get load(): number {
    return this.connections.size + this.#handedOver.size;
  }

  /** Whether the worker has stopped for good. */
  get hasStopped(): boolean {
    return this.#isStopping && this.#process === undefined;
  }

  start(): void {
    this.#startedAt = performance.now();
    const child = fork(this.#context.entry, {
      // Two processes cannot be debugged at one port.
      execArgv: process.execArgv.filter((flag) => !flag.startsWith('--inspect')),
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    });
    this.#process = child;
    const channel = new Channel<ToWorker, WorkerQuestions>(child);
    this.#channel = channel;
    const lines = new LineSplitter(
      (line) => this.#context.writeLine(line.toString()),
      MAX_LOG_LINE,
    );
    child.stdout?.on('data', (chunk: Buffer) => lines.add(chunk));
    child.on('message', (message) => this.#receive(channel, message as FromWorker));
    // The end of the process follows.
    child.on('error', () => {
      if (child.pid === undefined) child.emit('close', null, null);
      else child.kill('SIGKILL');
    });
    child.once('close', (code, signal) => this.#ended(channel, { code, signal }));
    // Missing if there are no file descriptors for the process.
    child.send?.({ start: this.#context.start(this) });
  }

  tell(fact: ToWorker): void {
    this.#channel?.tell(fact);
  }

  /** @throws {NoAnswer} if there is no answer in time */
  async ask<Name extends keyof WorkerQuestions>(
    question: Name,
    ask: WorkerQuestions[Name]['ask'],
  ): Promise<WorkerQuestions[Name]['answer']> {
    const responds = await this.whenResponding(TIMEOUT);
    if (!responds || this.#channel === undefined) throw new NoAnswer();
    return this.#channel.ask(question, ask);
  }

  /** Hands a socket over; resolves when the worker has decided about it, or has ended. */
  async handOver(request: Omit<HandOver, 'id'>, socket: Socket): Promise<void> {
    const id = ++this.#lastId;
    await new Promise<void>((decided) => {
      this.#handedOver.set(id, { socket, decided });
      this.#channel?.hand({ handOver: { ...request, id } }, socket);
    });
  }

  /** Resolves when the worker has decided about a client of its own port, or has ended. */
  decision(id: number): Promise<void> {
    return new Promise((decided) => this.#handedOver.set(id, { decided }));
  }

  /** Has the process stop as at SIGTERM; resolves when it has ended. */
  async stop(is: 'close' | 'abort'): Promise<void> {
    this.#isStopping = true;
    clearTimeout(this.#restart);
    const child = this.#process;
    if (child === undefined) return this.#waiters.wake();
    this.tell({ is });
    this.#watch().stopping();
    await once(child, 'close');
  }

  /** A process that does not respond any more is replaced, or ended if the relay stops. */
  #watch(): Silence {
    this.#silence ??= new Silence({
      silent: () => this.#context.silent(this),
      hung: () => this.#process?.kill('SIGKILL'),
    });
    return this.#silence;
  }

  #receive(channel: Channel<ToWorker, WorkerQuestions>, message: FromWorker): void {
    this.#silence?.heard();
    if (this.isReady) this.#waiters.wake();
    if ('failed' in message) this.#failure = message.failed;
    else if ('facts' in message) for (const fact of message.facts) this.#told(fact);
    else if ('question' in message) {
      channel
        .answer<PrimaryQuestions>(message, {
          claim: ({ code }) => this.#claim(channel, code),
          arrive: (arrival) => this.#context.arrive(this, arrival),
        })
        .catch(this.#context.fault);
    } else channel.answered(message);
  }

  async #claim(channel: Channel<ToWorker, WorkerQuestions>, code: string): Promise<boolean> {
    const isFree = await this.#context.claim(this, code);
    // The process that wanted the code has ended meanwhile.
    if (isFree && this.#channel !== channel) this.#context.told(this, { is: 'ended', code });
    return isFree;
  }

  #told(fact: ToPrimary): void {
    if (fact.is === 'decided') return this.#decided(fact.id);
    if (fact.is === 'load') this.isOverloaded = fact.isOverloaded;
    this.#context.told(this, fact);
    if (fact.is !== 'ready') return;
    this.isReady = true;
    this.#hasBeenReady = true;
    this.#watch();
    this.#ready.resolve();
    this.#waiters.wake();
  }

  #decided(id: number): void {
    const handedOver = this.#handedOver.get(id);
    this.#handedOver.delete(id);
    // Only here: the worker has it, too.
    handedOver?.socket?.destroy();
    handedOver?.decided();
  }

  #ended(channel: Channel<ToWorker, WorkerQuestions>, exit: Exit): void {
    this.#process = undefined;
    this.#channel = undefined;
    this.isOverloaded = false;
    channel.close();
    this.#silence?.end();
    this.#silence = undefined;
    this.isReady = false;
    for (const id of [...this.#handedOver.keys()]) this.#decided(id);
    this.#context.ended(this, exit);
    if (this.#isStopping) return this.#waiters.wake();
    // The first process of a worker ends the start of the relay if it fails.
    if (!this.#hasBeenReady)
      return this.#ready.reject(new WorkerError(this.number, exit, this.#failure));
    const wait = Math.max(0, this.#startedAt + SHORTEST_LIFE - performance.now());
    this.#restart = setTimeout(() => this.start(), wait);
  }
}
