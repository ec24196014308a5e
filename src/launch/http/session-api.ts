import { LaunchError } from '../ask.js';
import type { HttpConfig } from '../config/launchers.js';
import { type JsonAnswer, type JsonRequest, RequestError, requestJson } from './json-request.js';
import { messageIn, type SessionState, sessionIdIn, sessionStateIn } from './session-answer.js';

/** What the service answers for a session that it no longer has. */
const GONE: readonly number[] = [404, 410];

/** Why the service did not do what it was asked for. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  /** What players are told; `undefined` if it is none of their business. */
  readonly forPlayers: LaunchError;

  constructor(why: string, forPlayers = new LaunchError(502, 'The launcher does not answer.')) {
    super(why);
    this.forPlayers = forPlayers;
  }
}

/** The calls of Edgegap's API for sessions, against a service that speaks them. */
export class SessionApi {
  readonly #config: HttpConfig;

  constructor(config: HttpConfig) {
    this.#config = config;
  }

  /**
   * Asks for a session for a player at this address.
   *
   * @returns its id
   * @throws {SessionError} if there is none
   */
  async create(app: string, clientAddress: string): Promise<string> {
    const body = { app_name: app, ip_list: [clientAddress] };
    const { status, json } = await this.#request({ method: 'POST', path: '', body });
    if (status < 200 || status > 299) throw refusal(status, this.#shown(messageIn(json)));
    const id = sessionIdIn(json);
    if (id === undefined) throw new SessionError('the service answered without a session_id');
    return id;
  }

  /**
   * @returns `undefined` if the service does not have the session any more
   * @throws {SessionError} if it does not say
   */
  async get(id: string): Promise<SessionState | undefined> {
    const { status, json } = await this.#request({ method: 'GET', path: pathOf(id) });
    if (GONE.includes(status)) return undefined;
    if (status !== 200 || typeof json !== 'object' || json === null) {
      throw new SessionError(`the service answered ${status} for a session`);
    }
    return sessionStateIn(json, this.#config.port);
  }

  /** @throws {SessionError} if the service may still have the session */
  async remove(id: string): Promise<void> {
    const { status } = await this.#request({ method: 'DELETE', path: pathOf(id) });
    if (status !== 200 && !GONE.includes(status)) {
      throw new SessionError(`the service answered ${status} to a DELETE`);
    }
  }

  async #request(
    request: Pick<JsonRequest, 'method' | 'body'> & { readonly path: string },
  ): Promise<JsonAnswer> {
    const { url, authorization, requestTimeout } = this.#config;
    const { path, ...rest } = request;
    try {
      return await requestJson({
        ...rest,
        url: `${url}/v1/session${path}`,
        authorization: authorization.reveal(),
        timeout: requestTimeout * 1000,
      });
    } catch (error) {
      if (error instanceof RequestError) throw new SessionError(error.message);
      throw error;
    }
  }

  /** A service may repeat in an error what it was sent: all of it, or only what follows the scheme. */
  #shown(message: string | undefined): string | undefined {
    const sent = this.#config.authorization.reveal();
    const [, token = sent] = /^\S+\s+(.+)$/.exec(sent) ?? [];
    return message?.replaceAll(sent, '[secret]').replaceAll(token, '[secret]');
  }
}

/** Only what is wrong with the request or with the capacity is for players. */
function refusal(status: number, message: string | undefined): SessionError {
  const why = `the service answered ${status}${message === undefined ? '' : `: ${message}`}`;
  if (status !== 400 && status !== 409) {
    return new SessionError(why, new LaunchError(503, 'The launcher starts no server now.'));
  }
  return new SessionError(why, new LaunchError(status, message ?? 'The launcher refuses.'));
}

function pathOf(id: string): string {
  return `/${encodeURIComponent(id)}`;
}
