import type { LaunchConfig } from './config/launch-config.js';
import type { LaunchedServer, LaunchedServers } from './launched-servers.js';
import { readReadyReport } from './ready-report.js';
import { locationOf } from './server-environment.js';
import type { ServerRight } from './server-keys.js';

/** The largest body that a server may send, in bytes. */
export const MAX_REPORT_BYTES = 4096;

/** The answer to a request of a server. */
export type LaunchedServerAnswer =
  /** There is no such server, or the token is not valid for it. The caller counts these as guesses. */
  | { readonly is: 'unknown' }
  | { readonly is: 'done' }
  | { readonly is: 'context'; readonly context: object }
  | { readonly is: 'refused'; readonly status: 400 | 404 | 413; readonly reason: string };

const UNKNOWN: LaunchedServerAnswer = { is: 'unknown' };
const DONE: LaunchedServerAnswer = { is: 'done' };

/** The API for launched servers: they read their context and report their state, with their own tokens. */
export class LaunchedServerApi {
  readonly #servers: LaunchedServers;
  readonly #location: LaunchConfig['location'];

  constructor(servers: LaunchedServers, { location }: Pick<LaunchConfig, 'location'>) {
    this.#servers = servers;
    this.#location = location;
  }

  /** The context that Edgegap gives to a server. Servers made with Bevygap cannot start without it. */
  context(id: string, token: string | undefined): LaunchedServerAnswer {
    const server = this.allowed(id, 'context', token);
    if (server === undefined) return UNKNOWN;
    const { game, contextIp } = server;
    const context = {
      request_id: server.id,
      public_ip: contextIp,
      fqdn: game.publicIp ?? '',
      status: 'Status.READY',
      ready: true,
      app_name: game.name,
      app_version: game.version,
      sockets: game.players,
      location: locationOf(this.#location),
    };
    return { is: 'context', context };
  }

  /** The server requests its end. */
  end(id: string, token: string | undefined): LaunchedServerAnswer {
    const server = this.allowed(id, 'delete', token);
    server?.requestEnd();
    return server === undefined ? UNKNOWN : DONE;
  }

  /** Players can connect to the server. */
  ready(id: string, token: string | undefined, body: Uint8Array): LaunchedServerAnswer {
    const server = this.allowed(id, 'report', token);
    if (server === undefined) return UNKNOWN;
    if (body.length > MAX_REPORT_BYTES) {
      const reason = `The body is larger than ${MAX_REPORT_BYTES} bytes.`;
      return { is: 'refused', status: 413, reason };
    }
    try {
      server.reportReady(readReadyReport(body));
    } catch (error) {
      return { is: 'refused', status: 400, reason: (error as Error).message };
    }
    return DONE;
  }

  /** A player has connected to the server. */
  claim(id: string, token: string | undefined, client: string): LaunchedServerAnswer {
    const server = this.allowed(id, 'report', token);
    if (server === undefined) return UNKNOWN;
    return server.claim(client)
      ? DONE
      : { is: 'refused', status: 404, reason: 'No player with this id has a seat here.' };
  }

  /** A player has disconnected from the server. */
  leave(id: string, token: string | undefined, client: string): LaunchedServerAnswer {
    const server = this.allowed(id, 'report', token);
    server?.leave(client);
    return server === undefined ? UNKNOWN : DONE;
  }

  /** The server with this id, if its token gives this right. */
  allowed(id: string, right: ServerRight, token: string | undefined): LaunchedServer | undefined {
    const server = this.#servers.find(id);
    return server?.keys.allows(right, token) === true ? server : undefined;
  }
}
