import type { HttpConfig } from '../config/launchers.js';
import { LaunchError } from '../matchmaker.js';
import { type JsonRequest, type JsonResponse, RequestError, requestJson } from './json-request.js';
import { messageIn, type SessionState, sessionIdIn, sessionStateIn } from './session-response.js';

/** The statuses for a session that the service no longer has. */
const GONE: readonly number[] = [404, 410];

/** A request to the service has failed. */
export class SessionError extends Error {
  override readonly name = 'SessionError';
  /** The error for players. */
  readonly playerError: LaunchError;

  constructor(reason: string, playerError = new LaunchError(502, 'The launcher does not answer.')) {
    super(reason);
    this.playerError = playerError;
  }
}

/** A client of Edgegap's API for sessions. */
export class SessionApi {
  readonly #config: HttpConfig;

  constructor(config: HttpConfig) {
    this.#config = config;
  }

  /**
   * Creates a session for a player at this address.
   *
   * @returns its id
   * @throws {SessionError} if it was not created
   */
  async create(app: string, clientAddress: string): Promise<string> {
    const body = { app_name: app, ip_list: [clientAddress] };
    const { status, json } = await this.#request({ method: 'POST', path: '', body });
    if (status < 200 || status > 299) throw refusalError(status, this.#redact(messageIn(json)));
    const id = sessionIdIn(json);
    if (id === undefined) throw new SessionError('the service answered without a session_id');
    return id;
  }

  /**
   * @returns `undefined` if the service no longer has the session
   * @throws {SessionError} if the state is unknown
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
  ): Promise<JsonResponse> {
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

  /** Removes the authorization, or the part after its scheme, which a service may repeat in an error. */
  #redact(message: string | undefined): string | undefined {
    const sent = this.#config.authorization.reveal();
    const [, token = sent] = /^\S+\s+(.+)$/.exec(sent) ?? [];
    return message?.replaceAll(sent, '[secret]').replaceAll(token, '[secret]');
  }
}

/** Players get the message only if the request was invalid, or the service has no capacity. */
function refusalError(status: number, message: string | undefined): SessionError {
  const reason = `the service answered ${status}${message === undefined ? '' : `: ${message}`}`;
  if (status !== 400 && status !== 409) {
    return new SessionError(reason, new LaunchError(503, 'The launcher starts no server now.'));
  }
  return new SessionError(reason, new LaunchError(status, message ?? 'The launcher refuses.'));
}

function pathOf(id: string): string {
  return `/${encodeURIComponent(id)}`;
}
