import { renderSVG } from 'uqr';
import { fetchJson } from '../../../client/connection/fetch-json.js';
import { byId } from '../../by-id.js';
import { create, setText } from '../dom.js';
import { relayUrl } from '../relay-url.js';
import { isThisMachine, networkAddress } from './network-address.js';

/** How long the relay may take to answer, in milliseconds. */
const ANSWER_TIME = 5_000;

let latest = '';

/** Shows how phones join: the code, the address to type, and both as a QR code. */
export async function showInvitation(code: string): Promise<void> {
  latest = code;
  const letters = [...code].map((letter) => create('span', 'tile', letter));
  byId('code-tiles').replaceChildren(...letters);
  setText('code-spoken', [...code].join(' '));
  setText('code-small', code);
  byId('watch-here', HTMLAnchorElement).href = `sketch?watch=${code}`;
  void offerWatching(code);
  const relay = relayUrl();
  showAddress(relay, code);
  if (!isThisMachine(relay.hostname)) return;
  // Phones cannot open this address; the relay may know one that they can.
  const address = await networkAddress(relay);
  if (address !== undefined && latest === code) showAddress(address, code);
}

/** A relay may allow no audience. */
async function offerWatching(code: string): Promise<void> {
  const link = byId('watch-here');
  link.hidden = true;
  const found = await fetchJson(new URL(`${code}?format=json`, relayUrl()).href, ANSWER_TIME).catch(
    () => undefined,
  );
  if (latest === code) link.hidden = !('audience' in (found?.body ?? {}));
}

function showAddress(relay: URL, code: string): void {
  // The front page has a field for the code: this page, opened on a phone, would be another screen.
  const typed = `${relay.host}${relay.pathname}`.replace(/\/$/, '');
  for (const id of ['address', 'address-small']) setText(id, typed);
  const onlyHere = isThisMachine(relay.hostname);
  byId('only-here').hidden = !onlyHere;
  byId('qr').hidden = onlyHere;
  setText('scan', onlyHere ? 'On this machine, open' : 'Scan it, or open');
  if (onlyHere) return;

  const address = new URL(`sketch?code=${code}`, relay);
  const picture = new DOMParser().parseFromString(
    renderSVG(address.href, { border: 2 }),
    'image/svg+xml',
  ).documentElement;
  picture.setAttribute('aria-hidden', 'true');
  const link = byId('qr', HTMLAnchorElement);
  link.href = address.href;
  link.replaceChildren(picture, create('span', 'visually-hidden', 'Join from this device'));
}
