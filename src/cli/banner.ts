import { networkInterfaces } from 'node:os';

interface Place {
  readonly scheme: 'ws' | 'wss';
  readonly address: string;
  readonly port: number;
}

/** What a person who has just started the relay wants to know: where it can be reached. */
export function banner({ scheme, address, port }: Place): string {
  const everywhere = isEverywhere(address);
  const local = url(scheme, everywhere ? 'localhost' : address, port);
  const lan = everywhere ? lanAddress() : undefined;
  return [
    '',
    'lobby-relay is up',
    '',
    `  this machine   ${local}`,
    ...(lan === undefined ? [] : [`  the network    ${url(scheme, lan, port)}`]),
    '',
    `  Open ${local.replace('ws', 'http')} to see what it does. Ctrl+C stops it.`,
    '',
    '',
  ].join('\n');
}

/** An address as it stands in a URL. */
export function url(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
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
