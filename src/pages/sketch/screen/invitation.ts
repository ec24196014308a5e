import { renderSVG } from 'uqr';
import { byId, create, setText } from '../dom.js';
import { relayUrl } from '../relay-url.js';

/** How phones come in: the code, the address to type, and both as a QR code. */
export function showInvitation(code: string): void {
  const letters = [...code].map((letter) => create('span', 'tile', letter));
  byId('code-tiles').replaceChildren(...letters);
  setText('code-spoken', [...code].join(' '));
  setText('code-small', code);
  // The front page has a field for the code: this page, opened on a phone, would be another screen.
  const relay = relayUrl();
  const typed = `${relay.host}${relay.pathname}`.replace(/\/$/, '');
  for (const id of ['address', 'address-small']) setText(id, typed);
  // No phone would get anywhere by this name.
  const onlyHere = isThisMachine(relay.hostname);
  byId('only-here').hidden = !onlyHere;
  byId('qr').hidden = onlyHere;
  setText('scan', onlyHere ? 'On this machine, open' : 'Scan it, or open');

  const address = new URL(`sketch?code=${code}`, relay);
  const picture = new DOMParser().parseFromString(
    renderSVG(address.href, { border: 2 }),
    'image/svg+xml',
  ).documentElement;
  picture.setAttribute('aria-hidden', 'true');
  const link = byId('qr', HTMLAnchorElement);
  link.href = address.href;
  link.replaceChildren(picture, create('span', 'only-spoken', 'Join from this device'));
}

/** Names that mean the machine itself (RFC 6761, RFC 5735), wherever they are opened. */
function isThisMachine(host: string): boolean {
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(host);
}
