import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LauncherConfig } from './config/launchers.js';
import type { Launched, Launcher, LaunchListener, Order, ServerAddress } from './launcher.js';

/** The pause between attempts, and how long an attempt may take, in milliseconds. */
const PAUSE = 100;
const ATTEMPT_TIME = 1000;

/** How long a connection through Docker's proxy has to stay open, in milliseconds. */
const SETTLE_TIME = 200;

/** A port, and what it takes for it to count as open. */
export interface ProbedPort {
  /** At one of these addresses it has to accept connections. */
  readonly addresses: readonly string[];
  readonly port: number;
  /**
   * How long a connection has to stay open, in milliseconds. Docker's proxy accepts connections
   * before the container does, and then closes them.
   */
  readonly settle: number;
}

/**
 * Waits until a port accepts connections, for as long as it takes.
 *
 * @returns false if it was aborted before
 */
export async function probeTcp(
  { addresses, port, settle }: ProbedPort,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const attempts = addresses.map((host) => accepts({ host, port, settle }, signal));
    if ((await Promise.all(attempts)).includes(true)) return !signal.aborted;
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function accepts(
  { settle, ...target }: { readonly host: string; readonly port: number; readonly settle: number },
  signal: AbortSignal,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(target);
    let timer: NodeJS.Timeout | undefined;
    const end = (isAccepted: boolean): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', refuse);
      socket.destroy();
      resolve(isAccepted);
    };
    const refuse = (): void => end(false);
    signal.addEventListener('abort', refuse);
    socket.setTimeout(ATTEMPT_TIME, refuse);
    socket.once('connect', () => {
      if (settle === 0) return end(true);
      timer = setTimeout(() => end(true), settle);
      socket.resume();
    });
    socket.once('end', refuse);
    socket.once('error', refuse);
  });
}

/** Where the servers of this machine listen, besides their public address. */
const LOOPBACK = ['127.0.0.1', '::1'];

/** Starts servers with another launcher, and says that they run when their port accepts connections. */
export class TcpProbingLauncher implements Launcher {
  readonly #inner: Launcher;
  readonly #type: LauncherConfig['type'];

  constructor(inner: Launcher, type: LauncherConfig['type']) {
    this.#inner = inner;
    this.#type = type;
  }

  start(order: Order, listener: LaunchListener): Launched {
    const probe = new AbortController();
    const launched = this.#inner.start(order, {
      progress: (words) => listener.progress(words),
      running: (address) => {
        if (address !== undefined) void this.#probe(address, probe.signal, listener);
      },
      ended(why, error) {
        probe.abort();
        listener.ended(why, error);
      },
    });
    return {
      stop() {
        probe.abort();
        return launched.stop();
      },
    };
  }

  async #probe(
    address: ServerAddress,
    signal: AbortSignal,
    listener: LaunchListener,
  ): Promise<void> {
    const { ip, port } = address;
    const addresses = this.#type === 'http' ? [ip] : [...LOOPBACK, ip];
    const settle = this.#type === 'container' ? SETTLE_TIME : 0;
    if (await probeTcp({ addresses, port, settle }, signal)) listener.running(address);
  }
}
