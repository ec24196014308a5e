import type {
  Launcher,
  LaunchListener,
  ServerAddress,
  ServerHandle,
  ServerSpec,
} from '../../src/launch/launcher.js';
import type { LaunchError } from '../../src/launch/matchmaker.js';

/** A server whose events the test causes. */
export class FakeServer implements ServerHandle {
  readonly spec: ServerSpec;
  readonly #listener: LaunchListener;
  readonly #endsAtOnce: boolean;
  /** How often `stop` was called. */
  stops = 0;
  #ended: () => void = () => {};
  readonly #whenEnded = new Promise<void>((resolve) => {
    this.#ended = resolve;
  });

  constructor(spec: ServerSpec, listener: LaunchListener, endsAtOnce: boolean) {
    this.spec = spec;
    this.#listener = listener;
    this.#endsAtOnce = endsAtOnce;
  }

  progress(status: string): void {
    this.#listener.progress(status);
  }

  /** The server runs at 203.0.113.7, with the port of its specification. */
  run(address: Partial<ServerAddress> = {}): void {
    const port = this.spec.port ?? 30_000;
    this.#listener.running({ ip: '203.0.113.7', port, certDigest: undefined, ...address });
  }

  /** The server runs without a port. */
  runWithoutPort(): void {
    this.#listener.running(undefined);
  }

  end(reason = 'it has crashed', error?: LaunchError): void {
    this.#ended();
    this.#listener.ended(reason, error);
  }

  stop(): Promise<void> {
    this.stops++;
    if (this.#endsAtOnce) this.end('it was stopped');
    return this.#whenEnded;
  }
}

/** Starts servers whose events the test causes. */
export class FakeLauncher implements Launcher {
  readonly servers: FakeServer[] = [];
  /** Whether servers end as soon as they are stopped. */
  endsAtOnce = true;

  start(spec: ServerSpec, listener: LaunchListener): ServerHandle {
    const server = new FakeServer(spec, listener, this.endsAtOnce);
    this.servers.push(server);
    return server;
  }

  /** The server with this index, in the order of their starts, from 0. */
  at(index: number): FakeServer {
    const server = this.servers[index];
    if (server === undefined) throw new Error(`no server ${index} was started`);
    return server;
  }
}
