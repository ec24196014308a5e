import { networkInterfaces } from 'node:os';
import { qrCode } from './qr-code.js';

interface Place {
  readonly scheme: 'ws' | 'wss';
  readonly address: string;
  readonly port: number;
  /** Whether phones are given a code to scan. */
  readonly qr: boolean;
}

/** What a person who has just started the relay wants to know: where it can be reached. */
export function banner({ scheme, address, port, qr }: Place): string {
  const everywhere = isEverywhere(address);
  const local = url(scheme, everywhere ? 'localhost' : address, port);
  const lan = everywhere ? lanAddress() : undefined;
  const network = lan === undefined ? undefined : url(scheme, lan, port);
  return [
    '',
    'lobby-relay is up',
    '',
    `  this machine   ${local}`,
    ...(network === undefined ? [] : [`  the network    ${network}`]),
    ...(network === undefined || !qr
      ? []
      : ['', ...qrCode(page(network)).map((line) => `  ${line}`)]),
    '',
    `  Open ${page(local)} to see what it does. Ctrl+C stops it.`,
    '',
    '',
  ].join('\n');
}

/** An address as it stands in a URL. */
export function url(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** The page of a relay that is connected to at this address. */
function page(socket: string): string {
  return socket.replace('ws', 'http');
}

function isEverywhere(address: string): boolean {
  return address === '::' || address === '0.0.0.0';
}

/** The first address by which another machine in the network can reach this one. */
function lanAddress(): string | undefined {
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find(({ family, internal }) => family === 'IPv4' && !internal);
    if (found !== undefined) return found.address;
  }
  return undefined;
}
