import { listen, whenActivated } from '../browser.js';
import { checkOptions, type OptionKinds } from '../check-options.js';
import { RelayAddress } from '../connection/relay-address.js';
import { PlayError } from '../errors/play-error.js';
import { readEvents } from './read-events.js';

/** Where a game is played: on a game server, or in a room of the relay, which `joinRoom` joins. */
export type Place =
  | {
      readonly is: 'server';
      /** An IPv4 or IPv6 address, without brackets. */
      readonly ip: string;
      readonly port: number;
      /** The SHA-256 digest of the server's certificate, in hex with colons; empty without one. */
      readonly certDigest: string;
      /** The netcode connect token; `undefined` for games without one. */
      readonly token: Uint8Array | undefined;
    }
  | { readonly is: 'room'; readonly code: string };

/** How a request for a place is doing. */
export interface PlayProgress {
  /** A few words in English, such as `Waiting`. */
  readonly status: string;
  /** Whole seconds since the request. */
  readonly elapsed: number;
}

/** Options of `play`. */
export interface PlayOptions {
  /** The version of the game; if not given, the first one that the relay serves. */
  readonly version?: string;
  /** Called at each change and once a second, while a server starts. */
  readonly onProgress?: (progress: PlayProgress) => void;
  /**
   * Players who play together: each of them asks with the same ticket, 8 to 64 letters and digits
   * that nobody guesses, and with their number, 2 or more. All get places on one server, or none.
   */
  readonly party?: { readonly ticket: string; readonly size: number };
  /** Cancels the request: the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionKinds = {
  version: 'string',
  onProgress: 'function',
  party: 'object',
  signal: 'object',
};

/** How long the relay may be silent, in milliseconds. While a server starts, it reports each second. */
const SILENCE = 30_000;

/**
 * Asks the relay for a place in a game; it may start a game server for it. In a prerendered page, this
 * waits until the page is opened.
 *
 * @param url the relay, as for `joinRoom`
 * @param game the game's name in the relay's configuration
 * @throws PlayError if there is no place, or the relay cannot be reached
 * @throws TypeError if `url` is not the URL of a relay, or an option does not exist or is of another type
 * @throws the reason of `signal`, if that is aborted; and what `onProgress` throws
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
  const page = new RelayAddress(url).page(`matchmaker/play/${names.join('/')}${query}`);
  await whenActivated();
  if (signal?.aborted) throw signal.reason;
  const request = new AbortController();
  const ignore = listen(
    () => signal,
    'abort',
    () => request.abort(),
  );
  try {
    return await placeAt(page, request, options);
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  } finally {
    ignore();
    // The relay frees the place that nobody waits for any more.
    request.abort();
  }
}

async function placeAt(
  page: string,
  request: AbortController,
  { onProgress }: PlayOptions,
): Promise<Place> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const wait = <Result>(promise: Promise<Result>): Promise<Result> => {
    timer = setTimeout(() => request.abort(), SILENCE);
    const unreachable = (cause: unknown): never => {
      throw new PlayError(0, 'no answer', { cause });
    };
    return promise.catch(unreachable).finally(() => clearTimeout(timer));
  };
  const answer = await wait(fetch(page, { method: 'POST', signal: request.signal }));
  const isStream = answer.headers.get('content-type') === 'text/event-stream';
  if (!isStream || answer.body === null) throw new PlayError(404, 'no game servers at this relay');
  const events = readEvents(answer.body);
  for (;;) {
    const { done, value } = await wait(events.next());
    if (done) throw new PlayError(0, 'no answer');
    const [name, data] = value;
    if (name === 'ready') return toPlace(data);
    if (name === 'error') throw new PlayError(Number(data['status']), String(data['reason']));
    if (name === 'progress') onProgress?.(data as unknown as PlayProgress);
  }
}

interface ReadyData {
  readonly room?: { readonly code: string };
  readonly server?: {
    readonly ip: string;
    readonly port: number;
    readonly cert_digest: string;
    readonly token: string | null;
  };
}

function toPlace({ room, server }: ReadyData): Place {
  if (server === undefined) return { is: 'room', code: String(room?.code) };
  const { ip, port, cert_digest: certDigest, token } = server;
  const bytes = token === null ? undefined : Uint8Array.from(atob(token), codeOf);
  return { is: 'server', ip, port, certDigest, token: bytes };
}

const codeOf = (character: string): number => character.charCodeAt(0);
