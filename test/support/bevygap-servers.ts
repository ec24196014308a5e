import type { ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Fleet } from '../../src/launch/fleet.js';
import type {
  Launcher,
  LaunchListener,
  ServerHandle,
  ServerSpec,
} from '../../src/launch/launcher.js';
import { startProgram } from './program.js';

/** A server that behaves like the plugin of Bevygap. */
export const PROGRAM = fileURLToPath(new URL('../e2e/programs/bevygap-server.ts', import.meta.url));

/** How often a client repeats a datagram that is not answered, in milliseconds: as netcode's do. */
const REPEAT = 100;

/** A client connects to the server at this port, or disconnects; resolves when NATS has it. */
export async function tellServer(
  port: number,
  action: 'connect' | 'disconnect',
  client: bigint,
): Promise<void> {
  const socket = createSocket('udp4');
  const send = () => socket.send(`${action} ${client}`, port, '127.0.0.1');
  send();
  const timer = setInterval(send, REPEAT);
  await once(socket, 'message').finally(() => clearInterval(timer));
  socket.close();
}

/** A process that behaves like the server plugin of Bevygap. */
export class BevygapServer implements ServerHandle {
  readonly spec: ServerSpec;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  constructor(spec: ServerSpec, listener: LaunchListener, environment: Record<string, string>) {
    this.spec = spec;
    this.#child = startProgram(PROGRAM, [], { ...spec.environment, ...environment });
    this.#ended = once(this.#child, 'exit').then(([code, signal]) => {
      listener.ended(`exited with ${code ?? signal}`);
    });
    const address = { ip: '127.0.0.1', port: spec.port ?? 0, certDigest: undefined };
    queueMicrotask(() => listener.running(address));
    onTestFinished(() => this.stop());
  }

  /** A client connects to it, or disconnects; resolves when NATS has it. */
  tell(action: 'connect' | 'disconnect', client: bigint): Promise<void> {
    return tellServer(this.spec.port ?? 0, action, client);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

/** Starts processes that behave like the server plugin of Bevygap. */
export class BevygapLauncher implements Launcher {
  readonly servers: BevygapServer[] = [];
  /** The digests of their certificates, in the order of their starts. */
  readonly digests: string[] = [];

  start(spec: ServerSpec, listener: LaunchListener): ServerHandle {
    const digest = this.digests[this.servers.length];
    const environment = digest === undefined ? {} : { TEST_DIGEST: digest };
    const server = new BevygapServer(spec, listener, environment);
    this.servers.push(server);
    return server;
  }

  at(index: number): BevygapServer {
    const server = this.servers[index];
    if (server === undefined) throw new Error(`no server ${index} was started`);
    return server;
  }
}

/** Answers `GET /launch/ID/context` as the relay does, for a fleet that has no relay. */
export async function serveContexts(fleet: () => Fleet): Promise<string> {
  const server = createServer(({ url = '', headers }, response) => {
    const launched = fleet().servers.find(url.split('/')[2] ?? '');
    if (!launched?.keys.allows('context', headers.authorization)) {
      response.writeHead(404).end();
      return;
    }
    const { id, contextIp, game } = launched;
    const location = { city: 'Oslo', country: 'Norway' };
    const context = { request_id: id, public_ip: contextIp, fqdn: contextIp, location };
    response.end(JSON.stringify({ ...context, sockets: game.players }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
