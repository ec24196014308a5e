import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

interface Container {
  readonly id: string;
  readonly options: Record<string, unknown> & { readonly Labels?: Record<string, string> };
  state: 'created' | 'running' | 'exited';
  exitCode: number;
  health: string | undefined;
  readonly ended: (() => void)[];
  readonly printing: ServerResponse[];
}

type Handler = (response: ServerResponse, container: Container) => void;

/**
 * The part of the Docker Engine API that the launcher uses, on a Unix socket, until the end of the test.
 * There are no real containers: the test changes their states.
 */
export class FakeDocker {
  readonly containers = new Map<string, Container>();
  readonly calls: string[] = [];
  /** Replaces the default answers, by call, such as `POST start`. */
  readonly overrides: Record<string, Handler | undefined> = {};
  /** The port that is published if none was requested. */
  freePort = 49_153;
  /** The health of containers when they start; `undefined` if they have no check. */
  health: string | undefined;
  socket = '';
  #last = 0;
  readonly #waiting: { readonly call: string; readonly found: () => void }[] = [];

  static async start(): Promise<FakeDocker> {
    const docker = new FakeDocker();
    const folder = mkdtempSync(join(tmpdir(), 'docker-'));
    docker.socket = join(folder, 'docker.sock');
    const server = createServer((request, response) => void docker.#answer(request, response));
    server.listen(docker.socket);
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
      rmSync(folder, { recursive: true });
    });
    return docker;
  }

  /** Adds a running container. */
  add(labels: Record<string, string>): string {
    const container = this.#create({ Labels: labels });
    container.state = 'running';
    return container.id;
  }

  get only(): Container {
    const [container] = this.containers.values();
    if (container === undefined) throw new Error('there is no container');
    return container;
  }

  exit(container: Container, code: number): void {
    container.state = 'exited';
    container.exitCode = code;
    for (const end of container.ended.splice(0)) end();
    for (const response of container.printing.splice(0)) response.end();
  }

  /** Prints as a container without a terminal does: with a header before each chunk. */
  print(container: Container, text: string, stream: 1 | 2 = 1): void {
    const head = Buffer.alloc(8);
    head[0] = stream;
    head.writeUInt32BE(Buffer.byteLength(text), 4);
    for (const response of container.printing) {
      response.write(Buffer.concat([head, Buffer.from(text)]));
    }
  }

  /** Waits for a call, such as `POST start`. */
  called(call: string): Promise<void> {
    if (this.calls.includes(call)) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ call, found }));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url ?? '', 'http://docker');
    const [, , name = '', action = ''] = url.pathname.split('/');
    const call = `${request.method} ${action || (name === 'create' || name === 'json' ? name : '')}`;
    this.calls.push(call.trim());
    const container = this.containers.get(name);
    const overrides = this.overrides[call.trim()];
    if (overrides !== undefined) overrides(response, container as Container);
    else if (name === 'create') send(response, 201, { Id: this.#create(JSON.parse(body)).id });
    else if (name === 'json') send(response, 200, this.#list(url));
    else if (container === undefined)
      send(response, 404, { message: `No such container: ${name}` });
    else this.#answerFor(container, call.trim(), response);
    for (const { call: expected, found } of this.#waiting) if (expected === call.trim()) found();
  }

  #answerFor(container: Container, call: string, response: ServerResponse): void {
    switch (call) {
      case 'POST start':
        container.state = 'running';
        container.health = this.health;
        return send(response, 204);
      case 'GET json':
        return send(response, 200, this.#inspect(container));
      case 'POST wait': {
        const end = (): void => send(response, 200, { StatusCode: container.exitCode });
        if (container.state === 'exited') return end();
        return void container.ended.push(end);
      }
      case 'POST stop':
        this.exit(container, 143);
        return send(response, 204);
      case 'GET logs':
        response.writeHead(200, { 'content-type': 'application/vnd.docker.multiplexed-stream' });
        response.flushHeaders();
        return void container.printing.push(response);
      case 'DELETE':
        this.containers.delete(container.id);
        this.exit(container, 137);
        return send(response, 204);
      default:
        return send(response, 400, { message: `unexpected: ${call}` });
    }
  }

  #create(options: Container['options']): Container {
    const id = `${++this.#last}`.padStart(64, 'c');
    const container: Container = {
      id,
      options,
      state: 'created',
      exitCode: 0,
      health: undefined,
      ended: [],
      printing: [],
    };
    this.containers.set(id, container);
    return container;
  }

  #list(url: URL): unknown {
    const { label } = JSON.parse(url.searchParams.get('filters') ?? '{}') as { label: string[] };
    const has = ({ Labels = {} }: Container['options']) =>
      label.every((each) => Labels[each.split('=')[0] ?? ''] === each.split('=')[1]);
    const found = [...this.containers.values()].filter(({ options }) => has(options));
    return found.map(({ id, options }) => ({ Id: id, Labels: options.Labels }));
  }

  #inspect({ options, state, health }: Container): unknown {
    const { HostConfig } = options as { HostConfig?: { PortBindings?: Record<string, unknown> } };
    const ports = Object.entries(HostConfig?.PortBindings ?? {}).map(([port, bindings]) => {
      const [{ HostPort = '' } = {}] = bindings as { HostPort?: string }[];
      return [port, [{ HostIp: '0.0.0.0', HostPort: HostPort || String(this.freePort) }]];
    });
    return {
      State: { Status: state, ...(health !== undefined && { Health: { Status: health } }) },
      NetworkSettings: { Ports: Object.fromEntries(ports) },
    };
  }
}

export function send(response: ServerResponse, status: number, body?: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(body === undefined ? '' : JSON.stringify(body));
}
