import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';

const KEEP_REGISTRY = fileURLToPath(new URL('keep-registry.cjs', import.meta.url));

/** Flags of `node` for a process to which an `Inspector` can connect, on a free port. */
export const INSPECTED = ['--inspect=127.0.0.1:0', '--require', KEEP_REGISTRY];

/** The longest turn of an event loop that is never late, in milliseconds. */
const RESOLUTION = 5;

/** Evaluated in the relay: monitors its turns from the first call on. */
const WORST_LAG = `(() => {
  const { monitorEventLoopDelay } = process.getBuiltinModule('node:perf_hooks');
  const turns = (globalThis.turns ??= monitorEventLoopDelay({ resolution: ${RESOLUTION} }));
  turns.enable();
  const worst = Math.max(0, turns.max / 1e6 - ${RESOLUTION});
  turns.reset();
  return worst;
})()`;

/** For the relay itself to evaluate. */
const MEMORY = `(() => {
  const { heapUsed, external, rss } = process.memoryUsage();
  return { inUse: heapUsed + external, resident: rss };
})()`;

/** For the relay itself to evaluate. */
const METRICS = 'globalThis.registry.metrics()';

/** The memory of a process, in bytes. */
export interface Memory {
  /** The heap and external memory. */
  readonly inUse: number;
  /** The resident memory. */
  readonly resident: number;
}

/** Inspects a relay that was started with `INSPECTED`. */
export class Inspector {
  readonly #url: string;

  /** @param stderr the output of `node`; undefined if no inspector listens */
  static of(stderr: string): Inspector | undefined {
    const url = /Debugger listening on (ws:\S+)/.exec(stderr)?.[1];
    return url === undefined ? undefined : new Inspector(url);
  }

  private constructor(url: string) {
    this.#url = url;
  }

  /** The text of `/metrics`, computed now. */
  async metrics(): Promise<string> {
    return (await this.#evaluate(METRICS)) as string;
  }

  /**
   * The longest turn of its event loop since the last call, in milliseconds; 0 at the
   * first call.
   */
  async worstLag(): Promise<number> {
    return (await this.#evaluate(WORST_LAG)) as number;
  }

  /** Its memory after garbage collection. */
  async memory(): Promise<Memory> {
    await this.#ask('HeapProfiler.collectGarbage');
    return (await this.#evaluate(MEMORY)) as Memory;
  }

  async #evaluate(expression: string): Promise<unknown> {
    const options = { expression, awaitPromise: true, returnByValue: true };
    const { result, exceptionDetails } = await this.#ask('Runtime.evaluate', options);
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  // biome-ignore lint/suspicious/noExplicitAny: depends on the expression
  async #ask(method: string, params: object = {}): Promise<any> {
    const socket = new WebSocket(this.#url);
    await once(socket, 'open');
    socket.send(JSON.stringify({ id: 1, method, params }));
    const [answer] = await once(socket, 'message');
    socket.terminate();
    return JSON.parse(answer).result;
  }
}
