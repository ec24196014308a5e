import { isEverywhere, type Listening, networkUrls, urlOf } from '../http/network-address.js';
import { qrCode } from './qr-code.js';

interface BannerOptions extends Listening {
  /** Whether browsers get pages at that address. */
  readonly pages: boolean;
  /** Whether to print a QR code. */
  readonly qr: boolean;
}

/** How many addresses in the network are shown; a machine with containers has dozens. */
const MAX_SHOWN = 3;

const LABEL_WIDTH = 19;

/**
 * The text on a terminal when the relay has started: its addresses, a QR code, and how to stop it.
 *
 * @param network URLs at which other devices reach the relay, the best first
 */
export function banner(
  options: BannerOptions,
  network: readonly string[] = networkUrls(options),
): string {
  const { tls, address, port } = options;
  const local = urlOf(tls ? 'https' : 'http', isEverywhere(address) ? 'localhost' : address, port);
  const isLocal = !network.includes(local);
  const shown = network.slice(0, MAX_SHOWN);
  return [
    '',
    'lobby-relay is running',
    '',
    ...(isLocal ? [row('On this machine', local)] : []),
    ...shown.map((url, index) => row(index === 0 ? 'On the network' : '', url)),
    ...code(options, network[0]),
    '',
    `  Games connect to the same addresses with ${tls ? 'wss' : 'ws'}://.`,
    '  Press Ctrl+C to stop.',
    '',
    '',
  ].join('\n');
}

function row(label: string, url: string): string {
  return `  ${label.padEnd(LABEL_WIDTH)}${url}`;
}

function code({ pages, qr }: BannerOptions, url: string | undefined): string[] {
  if (!pages) return [];
  const open = '  Open one of these addresses in a browser to play the demo or to join a room.';
  if (url === undefined)
    return ['', '  Open this address in a browser to play the demo or to join a room.'];
  if (!qr) return ['', open];
  return [
    '',
    open,
    `  On a phone in the same network, scan this code to open ${url}:`,
    '',
    ...qrCode(url).map((line) => `  ${line}`),
  ];
}
