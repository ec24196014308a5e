import type { Place as GivenPlace } from '../../protocol/matchmaking.js';
import { listen, whenActivated } from '../browser.js';
import { checkOptions, type OptionTypes } from '../check-options.js';
import { RelayAddress } from '../connection/relay-address.js';
import { PlayError } from '../errors/play-error.js';
import { readEvents } from './read-events.js';

/** Where the player plays: on a game server, or in a room of the relay, which `joinRoom` joins. */
export type Place = GivenPlace;

/** The progress of a request for a place. */
export interface PlayProgress {
  /** The status in English, such as `Waiting`. */
  readonly status: string;
  /** Whole seconds since the request. */
  readonly elapsed: number;
}

/** Options of `play`. */
export interface PlayOptions {
  /** The version of the game; if not given, the first one that the relay serves. */
  readonly version?: string;
  /** Is called at each change and once a second, while a server starts. */
  readonly onProgress?: (progress: PlayProgress) => void;
  /**
   * For players who play together: each of them passes the same ticket, 8 to 64 letters and digits that
   * are hard to guess, and the number of players, 2 or more. All get places on one server, or none.
   */
  readonly party?: { readonly ticket: string; readonly size: number };
  /** Cancels the request: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionTypes = {
  version: 'string',
  onProgress: 'function',
  party: 'object',
  signal: 'object',
};

/** How long the relay may send nothing, in milliseconds. It sends progress once a second. */
const RESPONSE_TIMEOUT = 30_000;

/**
 * Requests a place in a game from the relay, which may start a game server for it. In a prerendered
 * page, this waits until the page is opened.
 *
 * @param url the relay, as for `joinRoom`
 * @param game the game's name in the relay's configuration
 * @throws PlayError if there is no place, or the relay cannot be reached
 * @throws TypeError if `url` is not the URL of a relay, or an option does not exist or has another type
 * @throws the reason of `signal`, if it is aborted; and the errors of `onProgress`
 */
export async function play(
  url: string | URL,
  game: string,
  options: PlayOptions = {},
): Promise<Place> {
  checkOptions('play', OPTIONS, options);
  const { signal, version, party } = options;
  const names = [game, ...(version === undefined ? [] : [version])].map(encodeURIComponent);
  const query = party ? `?party=${encodeURIComponent(party.ticket)}&size=${party.size}` : '';
  const requestUrl = new RelayAddress(url).page(`matchmaker/play/${names.join('/')}${query}`);
  await whenActivated();
  if (signal?.aborted) throw signal.reason;
  const request = new AbortController();
  const ignore = listen(
    () => signal,
    'abort',
    () => request.abort(),
  );
  try {
    return await requestPlace(requestUrl, request, options);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    ignore();
    // The relay then frees a place that was not delivered.
    request.abort();
  }
}

async function requestPlace(
  requestUrl: string,
  request: AbortController,
  { onProgress }: PlayOptions,
): Promise<Place> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const withTimeout = <Result>(promise: Promise<Result>): Promise<Result> => {
    timer = setTimeout(() => request.abort(), RESPONSE_TIMEOUT);
    const unreachable = (cause: unknown): never => {
      throw new PlayError(0, 'no answer', { cause });
    };
    return promise.catch(unreachable).finally(() => clearTimeout(timer));
  };
  const response = await withTimeout(fetch(requestUrl, { method: 'POST', signal: request.signal }));
  const isStream = response.headers.get('content-type') === 'text/event-stream';
  if (!isStream || response.body === null)
    throw new PlayError(404, 'no game servers at this relay');
  const events = readEvents(response.body);
  for (;;) {
    const { done, value } = await withTimeout(events.next());
    if (done) throw new PlayError(0, 'no answer');
    const [name, data] = value;
    if (name === 'ready') return toPlace(data);
    if (name === 'error') throw new PlayError(Number(data['status']), String(data['reason']));
    if (name === 'progress') onProgress?.(data as unknown as PlayProgress);
  }
}

interface ReadyEvent {
  readonly room?: { readonly code: string };
  readonly server?: {
    readonly ip: string;
    readonly port: number;
    readonly cert_digest: string;
    readonly token: string | null;
  };
}

function toPlace({ room, server }: ReadyEvent): Place {
  if (server === undefined) return { is: 'room', code: String(room?.code) };
  const { ip, port, cert_digest: certDigest, token } = server;
  const bytes = token === null ? undefined : Uint8Array.from(atob(token), codeOf);
  return { is: 'server', ip, port, certDigest, token: bytes };
}

const codeOf = (character: string): number => character.charCodeAt(0);
