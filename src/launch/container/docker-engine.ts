import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import type Docker from 'dockerode';

/** How long a request may take, in milliseconds. Waiting for the end of a container has no limit. */
const REQUEST_TIME = 30_000;

/** The options for creating a container. */
export type ContainerOptions = Docker.ContainerCreateOptions;

/** The engine's information on a container. */
export type ContainerState = Docker.ContainerInspectInfo;

/** The status for a container that does not exist. */
const NOT_FOUND = 404;

/** The part of the Docker Engine API that servers need. Its errors are those of dockerode. */
export class DockerEngine {
  readonly #docker: Docker;

  /** @throws {Error} if the package is not installed */
  constructor(socketPath: string) {
    const Engine = loadPackage();
    this.#docker = new Engine({ socketPath });
  }

  /** @returns the container's id */
  async create(options: ContainerOptions): Promise<string> {
    const abortSignal = AbortSignal.timeout(REQUEST_TIME);
    const { id } = await this.#docker.createContainer({ ...options, abortSignal });
    return id;
  }

  async start(id: string): Promise<void> {
    await this.#docker.getContainer(id).start({ abortSignal: AbortSignal.timeout(REQUEST_TIME) });
  }

  async inspect(id: string): Promise<ContainerState> {
    const abortSignal = AbortSignal.timeout(REQUEST_TIME);
    return this.#docker.getContainer(id).inspect({ abortSignal });
  }

  /** Waits until the container has ended. @returns its exit code */
  async wait(id: string, abortSignal: AbortSignal): Promise<number> {
    const { StatusCode } = await this.#docker.getContainer(id).wait({ abortSignal });
    return StatusCode;
  }

  /** Sends SIGTERM, and SIGKILL after the grace period in seconds. */
  async stop(id: string, grace: number): Promise<void> {
    const abortSignal = AbortSignal.timeout(grace * 1000 + REQUEST_TIME);
    await this.#docker.getContainer(id).stop({ t: Math.ceil(grace), abortSignal });
  }

  /** Removes the container, even if it is running. Does nothing if it does not exist. */
  async remove(id: string): Promise<void> {
    const abortSignal = AbortSignal.timeout(REQUEST_TIME);
    try {
      await this.#docker.getContainer(id).remove({ force: true, v: true, abortSignal });
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== NOT_FOUND) throw error;
    }
  }

  /** The ids and labels of all containers with this label, running or not. */
  async list(label: string): Promise<readonly { id: string; labels: Record<string, string> }[]> {
    const abortSignal = AbortSignal.timeout(REQUEST_TIME);
    const filters = JSON.stringify({ label: [label] });
    const all = await this.#docker.listContainers({ all: true, filters, abortSignal });
    return all.map(({ Id, Labels }) => ({ id: Id, labels: Labels }));
  }

  /** Writes the container's output to `out`, until it ends. */
  async output(id: string, out: Writable, abortSignal: AbortSignal): Promise<Readable> {
    const options = { follow: true, stdout: true, stderr: true, abortSignal } as const;
    const stream = (await this.#docker.getContainer(id).logs(options)) as unknown as Readable;
    this.#docker.modem.demuxStream(stream, out, out);
    return stream;
  }
}

/** Loads the package, which only relays with containers need. */
function loadPackage(): typeof Docker {
  try {
    return createRequire(import.meta.url)('dockerode') as typeof Docker;
  } catch {
    throw new Error('it needs the package dockerode: npm install dockerode');
  }
}

/** The message of an error, without its stack. dockerode has the engine's message in `json`. */
export function engineMessage(error: unknown): string {
  const { reason, json, code, name, message } = error as Error & {
    reason?: string;
    json?: { message?: unknown };
    code?: string;
  };
  if (name === 'AbortError' || name === 'TimeoutError') return 'the engine does not answer in time';
  if (typeof json?.message === 'string') return json.message.slice(0, 200);
  if (code !== undefined) return `the engine cannot be reached (${code})`;
  return reason ?? message;
}
