import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { get as getByTls } from 'node:https';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { INSPECTED, Inspector, type Memory } from './inspector.js';
import { freshMetrics } from './metrics.js';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** Log lines of this level or above indicate a bug. */
const LEVEL_ERROR = 50;

export interface RelayProcessSetup {
  /** For `node`, in place of the inspector. */
  readonly node?: readonly string[];
  /** The size of the heap's old space (`--max-old-space-size`), in MiB. */
  readonly oldSpace?: number;
  /** The limit of file descriptors. */
  readonly descriptors?: number;
  /** The largest file that it may write, in bytes, to simulate a full disk. */
  readonly fileSize?: number;
  /** Whether it is started with TLS options. */
  readonly tls?: boolean;
}

/** The flags of `node` that set the size of the old space, if it is set. */
export function oldSpaceFlags({ oldSpace }: RelayProcessSetup): string[] {
  return oldSpace === undefined ? [] : [`--max-old-space-size=${oldSpace}`];
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The relay as a separate process, as users run it, on a free port. */
export class RelayProcess {
  readonly ended: Promise<Ended>;
  port = 0;
  readonly #tls: boolean;
  readonly #child: ChildProcess;
  #stdout = '';
  #stderr = '';

  static async start(
    options: readonly string[],
    setup: RelayProcessSetup = {},
  ): Promise<RelayProcess> {
    const relay = new RelayProcess(options, setup);
    // Lines about restored rooms and the state file come first.
    const [line = ''] = /.*"msg":"listening".*/.exec(await relay.#says(/"listening".*\n/)) ?? [];
    relay.port = JSON.parse(line).port;
    return relay;
  }

  private constructor(
    options: readonly string[],
    { node = INSPECTED, descriptors, fileSize, tls = false, ...setup }: RelayProcessSetup,
  ) {
    const flags = [...node, ...oldSpaceFlags(setup)];
    const args = [
      ...flags,
      CLI,
      '--host',
      '127.0.0.1',
      '--port',
      '0',
      '--max-lag',
      '0',
      ...options,
    ];
    const limits = [
      ...(descriptors === undefined ? [] : [`ulimit -n ${descriptors};`]),
      ...(fileSize === undefined ? [] : [`ulimit -f ${fileSize / 512};`]),
    ];
    // The shell becomes the relay: the process id stays the same.
    this.#child =
      limits.length === 0
        ? spawn(process.execPath, args)
        : spawn('sh', ['-c', `${limits.join(' ')} exec "$0" "$@"`, process.execPath, ...args]);
    this.#tls = tls;
    this.#child.stdout?.on('data', (text) => {
      this.#stdout += text;
    });
    this.#child.stderr?.on('data', (text) => {
      this.#stderr += text;
    });
    this.ended = once(this.#child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get url(): string {
    return `${this.#tls ? 'wss' : 'ws'}://127.0.0.1:${this.port}`;
  }

  get http(): string {
    return `${this.#tls ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  /** Everything it has logged so far. */
  get log(): string {
    return this.#stdout;
  }

  /** Log lines that indicate bugs, and Node's own output on stderr. */
  get faults(): string[] {
    // The last line may be incomplete.
    const logged = this.#stdout
      .split('\n')
      .slice(0, -1)
      .filter((line) => line !== '' && JSON.parse(line).level >= LEVEL_ERROR);
    const said = this.#stderr
      .split('\n')
      .filter(
        (line) =>
          line !== '' &&
          !/^(Debugger|For help|Starting inspector|Waiting for the debugger)/.test(line),
      );
    return [...logged, ...said];
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The sum of a metric's values, optionally only of those with this label. */
  async metric(name: string, label = ''): Promise<number> {
    return sumOf(await this.#metrics(), name, label);
  }

  /**
   * Its memory after garbage collection, which takes up to 50 ms of its event loop: running rooms create
   * megabytes of garbage per second. Zeros if it has no inspector.
   */
  async memory(): Promise<Memory> {
    return (await this.#inspector?.memory()) ?? { inUse: 0, resident: 0 };
  }

  /**
   * The longest turn of its event loop since the last call, in milliseconds; 0 at the
   * first call, and if it has no inspector.
   */
  async worstLag(): Promise<number> {
    return (await this.#inspector?.worstLag()) ?? 0;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Kills it. May be called twice. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** The status and the body of a GET; status 0 if nothing answers. */
  async get(path: string): Promise<{ status: number; body: string }> {
    const ask = this.#tls ? getByTls : get;
    const asked = ask(`${this.http}${path}`, { agent: false, rejectUnauthorized: false });
    return new Promise((resolve) => {
      asked.once('error', () => resolve({ status: 0, body: '' }));
      asked.once('response', (answer) => {
        let body = '';
        answer.on('data', (text) => {
          body += text;
        });
        answer.once('close', () => resolve({ status: answer.statusCode ?? 0, body }));
      });
    });
  }

  async #metrics(): Promise<string> {
    return (
      (await this.#inspector?.metrics()) ??
      freshMetrics(this.http, async () => (await this.get('/metrics')).body)
    );
  }

  get #inspector(): Inspector | undefined {
    return Inspector.of(this.#stderr);
  }

  /** Waits until its log contains this, and returns the log. */
  async #says(what: RegExp): Promise<string> {
    while (!what.test(this.#stdout)) {
      const more = once(this.#child.stdout as Readable, 'data');
      const ended = this.ended.then(({ code }) => {
        throw new Error(`ended with ${code}: ${this.#stderr}`);
      });
      await Promise.race([more, ended]);
    }
    return this.#stdout;
  }
}

function sumOf(metrics: string, name: string, label = ''): number {
  const samples = metrics.split('\n').filter((line) => /^[^{ ]+/.exec(line)?.[0] === name);
  const values = samples
    .filter((line) => line.includes(label))
    .map((line) => line.split(' ').pop());
  return values.reduce((sum, value) => sum + Number(value), 0);
}
