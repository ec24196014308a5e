import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LauncherConfig } from './config/launchers.js';
import type {
  Launcher,
  LaunchListener,
  ServerAddress,
  ServerHandle,
  ServerSpec,
} from './launcher.js';

/** The pause between attempts, and how long an attempt may take, in milliseconds. */
const PAUSE = 100;
const ATTEMPT_TIMEOUT = 1000;

/** How long a connection through Docker's proxy has to stay open, in milliseconds. */
const MIN_OPEN_TIME = 200;

/** A port to probe, and the conditions under which it counts as open. */
export interface ProbedPort {
  /** It must accept connections at one of these addresses. */
  readonly addresses: readonly string[];
  readonly port: number;
  /**
   * How long a connection must stay open, in milliseconds. Docker's proxy accepts connections before the
   * container does, and then closes them.
   */
  readonly minOpenTime: number;
}

/**
 * Waits until a port accepts connections, without a time limit.
 *
 * @returns false if it was aborted
 */
export async function probeTcp(
  { addresses, port, minOpenTime: settle }: ProbedPort,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    const attempts = addresses.map((host) => tryConnect({ host, port, settle }, signal));
    if ((await Promise.all(attempts)).includes(true)) return !signal.aborted;
    await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
  }
  return false;
}

function tryConnect(
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
    socket.setTimeout(ATTEMPT_TIMEOUT, refuse);
    socket.once('connect', () => {
      if (settle === 0) return end(true);
      timer = setTimeout(() => end(true), settle);
      socket.resume();
    });
    socket.once('end', refuse);
    socket.once('error', refuse);
  });
}

/** The addresses of servers on this machine, besides the public one. */
const LOOPBACK = ['127.0.0.1', '::1'];

/** Wraps a launcher, and reports a server as running when its port accepts connections. */
export class TcpProbingLauncher implements Launcher {
  readonly #inner: Launcher;
  readonly #type: LauncherConfig['type'];

  constructor(inner: Launcher, type: LauncherConfig['type']) {
    this.#inner = inner;
    this.#type = type;
  }

  start(spec: ServerSpec, listener: LaunchListener): ServerHandle {
    const probe = new AbortController();
    const launched = this.#inner.start(spec, {
      progress: (status) => listener.progress(status),
      running: (address) => {
        if (address !== undefined) void this.#probe(address, probe.signal, listener);
      },
      ended(reason, error) {
        probe.abort();
        listener.ended(reason, error);
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
    const settle = this.#type === 'container' ? MIN_OPEN_TIME : 0;
    if (await probeTcp({ addresses, port, minOpenTime: settle }, signal)) listener.running(address);
  }
}
