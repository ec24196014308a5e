import { networkInterfaces } from 'node:os';

/** What a person who has just started the relay wants to know: where it can be reached. */
export function banner({ address, port }: { address: string; port: number }): string {
  const lines = [`  on this machine   ${url(isEverywhere(address) ? 'localhost' : address, port)}`];
  const lan = isEverywhere(address) ? lanAddress() : undefined;
  if (lan !== undefined) lines.push(`  for the phones    ${url(lan, port)}`);
  return `\nlobby-relay is up\n\n${lines.join('\n')}\n\n  Ctrl+C stops it\n\n`;
}

/** An address as it stands in a URL. */
export function url(address: string, port: number): string {
  return `ws://${address.includes(':') ? `[${address}]` : address}:${port}`;
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
