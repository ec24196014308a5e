import type { AudienceOptions, CodecOption, Data, Viewer } from '../api.js';
import { whenActivated } from '../browser.js';
import { cancellable } from '../cancellable.js';
import { checkOptions, type OptionTypes } from '../check-options.js';
import { fetchJson } from '../connection/fetch-json.js';
import { RelayAddress } from '../connection/relay-address.js';
import { resolveEnvironment } from '../environment.js';
import { ABNORMAL, NO_SUCH_ROOM, TOO_MANY_ATTEMPTS, UNSUPPORTED } from '../errors/closes.js';
import { RelayError } from '../errors/relay-error.js';
import { parseCode } from '../room-code.js';
import { ViewerConnection } from './viewer-connection.js';

const OPTIONS: OptionTypes = {
  password: 'string',
  signal: 'object',
  WebSocket: 'function',
  clock: 'object',
  codec: 'object',
};

/** How long the relay may take to answer, in milliseconds. */
const TIMEOUT = 5_000;

/**
 * Watches a room without being a player, if its host has requested an audience. In a prerendered page,
 * this waits until the page is opened.
 *
 * @param url the relay, as for `joinRoom`
 * @param code the room's letters, as for `joinRoom`
 * @throws RelayError if the relay cannot be reached, or the room cannot be watched; `unsupported` if it
 * has no audience
 * @throws TypeError if `url` is not the URL of a relay, an option does not exist or has another type,
 * or there is no WebSocket
 * @throws the reason of `signal`, if it is aborted
 */
export function joinAudience<Down, State = unknown>(
  url: string | URL,
  code: string,
  options: AudienceOptions & CodecOption,
): Promise<Viewer<Down, State>>;
export function joinAudience<State = unknown>(
  url: string | URL,
  code: string,
  options?: AudienceOptions,
): Promise<Viewer<Data, State>>;
export async function joinAudience(
  url: string | URL,
  code: string,
  options: AudienceOptions & Partial<CodecOption> = {},
): Promise<Viewer> {
  checkOptions('joinAudience', OPTIONS, options);
  const { signal, codec, password } = options;
  const address = new RelayAddress(url);
  const room = parseCode(code);
  if (room === undefined) throw new RelayError(NO_SUCH_ROOM, 'no such room');
  await whenActivated();
  const environment = resolveEnvironment(options);
  signal?.throwIfAborted();
  await checkAudience(address.page(`${room}?format=json`));
  signal?.throwIfAborted();
  const query = new URLSearchParams({
    as: 'audience',
    values: 'all',
    ...(password !== undefined && { password }),
  });
  const watching = { environment, address, path: `${room}?${query}`, code: room, codec };
  return cancellable<Viewer>(
    signal,
    (joined, refused) => new ViewerConnection({ ...watching, joined, refused }),
  );
}

/** In a room without an audience, the relay would take the viewer for a player. */
async function checkAudience(url: string): Promise<void> {
  const { status, body } = await fetchJson(url, TIMEOUT).catch(() => ({ status: 0, body: {} }));
  if (status === 404) throw new RelayError(NO_SUCH_ROOM, 'no such room');
  if (status === 429) throw new RelayError(TOO_MANY_ATTEMPTS, 'too many attempts');
  if (status !== 200) throw new RelayError(ABNORMAL, '');
  if (!('audience' in body)) throw new RelayError(UNSUPPORTED, 'this room has no audience');
}
