import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { get as getByTls } from 'node:https';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

/** An inspector on a free port, through which the garbage can be collected. */
const INSPECTED = ['--inspect=127.0.0.1:0'];

/** What an event loop that is never late would show, in milliseconds. */
const RESOLUTION = 5;

/** For the relay itself to evaluate: it watches its turns from the first time on. */
const WORST_LAG = `(() => {
  const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
  const turns = (globalThis.turns ??= monitorEventLoopDelay({ resolution: ${RESOLUTION} }));
  turns.enable();
  const worst = Math.max(0, turns.max / 1e6 - ${RESOLUTION});
  turns.reset();
  return worst;
})()`;

/** Of this level on, a line of the log tells of a bug. */
const LEVEL_ERROR = 50;

export interface RelayProcessSetup {
  /** For `node`, such as a smaller heap. */
  readonly node?: readonly string[];
  /** Most file descriptors that the process may have. */
  readonly descriptors?: number;
  /** The largest file that it may write, in bytes: a disk that is full soon. */
  readonly fileSize?: number;
  /** Whether it is started with TLS options. */
  readonly tls?: boolean;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The relay as its users run it: a process of its own, on a free port of this machine. */
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
    // Of rooms that are there again, and of a state file, it speaks before.
    const [line = ''] = /.*"msg":"listening".*/.exec(await relay.#says(/"listening".*\n/)) ?? [];
    relay.port = JSON.parse(line).port;
    return relay;
  }

  private constructor(
    options: readonly string[],
    { node = INSPECTED, descriptors, fileSize, tls = false }: RelayProcessSetup,
  ) {
    const args = [...node, CLI, '--host', '127.0.0.1', '--port', '0', '--max-lag', '0', ...options];
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

  /** What it has logged of bugs in itself, and what Node has written to stderr on its own. */
  get faults(): string[] {
    // The last line may not be whole yet.
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

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The sum of a metric's values; of those with this label only, if there is one. */
  async metric(name: string, label = ''): Promise<number> {
    return sumOf(await this.#scrape(), name, label);
  }

  /** What waits in connections, and what the process holds: all in bytes. */
  async memory(): Promise<{ backlog: number; held: number; resident: number }> {
    const text = await this.#scrape();
    return {
      backlog: sumOf(text, 'lobby_relay_backlog_bytes'),
      held:
        sumOf(text, 'nodejs_heap_size_used_bytes') + sumOf(text, 'nodejs_external_memory_bytes'),
      resident: sumOf(text, 'process_resident_memory_bytes'),
    };
  }

  /**
   * The longest turn of its event loop since this was asked the last time, in milliseconds; 0 the
   * first time.
   */
  async worstLag(): Promise<number> {
    const answer = await this.#inspect('Runtime.evaluate', { expression: WORST_LAG });
    return answer?.result?.value ?? 0;
  }

  /** Has it collect its garbage now, so that what is in use can be told from what was. */
  async collectGarbage(): Promise<void> {
    await this.#inspect('HeapProfiler.collectGarbage');
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once; ending it twice is harmless. */
  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** The status and the body of a GET; status 0 if there is nobody to answer. */
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

  async #scrape(): Promise<string> {
    return (await this.get('/metrics')).body;
  }

  /** Asks its inspector; it has none if it was told to do without. */
  // biome-ignore lint/suspicious/noExplicitAny: as varied as what is asked
  async #inspect(method: string, params: object = {}): Promise<any> {
    const inspector = /Debugger listening on (ws:\S+)/.exec(this.#stderr)?.[1];
    if (inspector === undefined) return undefined;
    const socket = new WebSocket(inspector);
    await once(socket, 'open');
    socket.send(JSON.stringify({ id: 1, method, params }));
    const [answer] = await once(socket, 'message');
    socket.terminate();
    return JSON.parse(answer).result;
  }

  /** Its log, once it has this in it. */
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
