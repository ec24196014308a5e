import { isIPv6 } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** What `os.networkInterfaces()` returns. */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** Where a relay listens. */
export interface Listening {
  readonly tls: boolean;
  /** From `server.address()`: `::` and `0.0.0.0` mean all interfaces. */
  readonly address: string;
  readonly port: number;
}

/*
 * Patterns of interface names, to rank how likely a phone in the same room reaches the interface.
 * The name is the best indication: bridges for containers and VPNs have private addresses that look
 * like those of a home network.
 */
const CONTAINERS =
  /^(docker|br-[\da-f]{12}$|veth|virbr|vmnet|vboxnet|vnet|lxc|lxd|incus|cni|flannel|cali|cilium|podman|kube|nerdctl|bridge\d|vnic|anbox|waydroid)|vethernet|virtualbox|vmware|hyper-v|wsl/i;
const TUNNELS =
  /^(tun|tap|utun|wg|ppp|ipsec|gif|stf|zt|tailscale|nordlynx|proton|mullvad|wwan|rmnet|bnep)|vpn|wireguard|tailscale|zerotier|hamachi|tunnel|bluetooth/i;
const REAL = /^(eth|en|em\d|wl|wifi|wi-fi|ap\d|br\d|bond|team|lan)/i;

const KINDS = ['real', 'unknown', 'tunnel', 'containers', 'link-local'] as const;
type Kind = (typeof KINDS)[number];

/** Default addresses of this machine in networks of containers and virtual machines. */
const CONTAINER_DEFAULTS = /^(172\.17\.|192\.168\.56\.1$|192\.168\.122\.1$)/;

/** Addresses behind a carrier's NAT (RFC 6598), which Tailscale also uses. */
const SHARED = /^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./;

/** Home networks first. The last pattern matches a public address. */
const RANGES = [/^192\.168\./, /^10\./, /^172\.(1[6-9]|2\d|3[01])\./, /^\d+\./];

/**
 * The addresses of this machine, most likely reachable from a phone in the same room first. The order
 * is: wired and wireless networks, tunnels and VPNs, networks of containers and virtual machines,
 * link-local addresses; within these, ranges of home networks before others, and IPv4 before IPv6.
 * Loopback and IPv6 link-local addresses are left out: the latter need a zone, which URLs in browsers
 * cannot have.
 */
export function rankAddresses(interfaces: Interfaces): string[] {
  const ranked = Object.entries(interfaces).flatMap(([name, infos = []]) =>
    infos
      .filter(({ internal, address }) => !internal && !/^fe[89ab]/i.test(address))
      .map(({ address }) => ({
        address,
        kind: KINDS.indexOf(kindOf(name, address)),
        range: rangeOf(address),
      })),
  );
  ranked.sort((a, b) => a.kind - b.kind || a.range - b.range);
  return [...new Set(ranked.map(({ address }) => address))];
}

/**
 * The URLs at which other devices may reach a relay that listens there, the most likely one first.
 * Empty if it listens on loopback only.
 *
 * @param interfaces the result of `os.networkInterfaces()`
 */
export function networkUrls(
  { tls, address, port }: Listening,
  interfaces: Interfaces = allInterfaces(),
): string[] {
  const scheme = tls ? 'https' : 'http';
  return reachable(address, interfaces).map((host) => urlOf(scheme, host, port));
}

/** The interfaces of this machine; none if the system does not list them, as on Android. */
function allInterfaces(): Interfaces {
  try {
    return networkInterfaces();
  } catch {
    return {};
  }
}

/** A URL with this address. */
export function urlOf(scheme: string, address: string, port: number): string {
  return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
}

/** Whether the address means all interfaces. */
export function isEverywhere(address: string): boolean {
  return address === '::' || address === '0.0.0.0';
}

function reachable(address: string, interfaces: Interfaces): string[] {
  if (isEverywhere(address)) {
    const ranked = rankAddresses(interfaces);
    return address === '::' ? ranked : ranked.filter((one) => !isIPv6(one));
  }
  const isHere = /^(127\.|::1$|::ffff:127\.|fe[89ab])/i.test(address);
  return isHere ? [] : [address];
}

function kindOf(name: string, address: string): Kind {
  if (address.startsWith('169.254.')) return 'link-local';
  if (CONTAINERS.test(name) || CONTAINER_DEFAULTS.test(address)) return 'containers';
  if (TUNNELS.test(name) || SHARED.test(address)) return 'tunnel';
  return REAL.test(name) ? 'real' : 'unknown';
}

function rangeOf(address: string): number {
  const range = RANGES.findIndex((pattern) => pattern.test(address));
  return range < 0 ? RANGES.length : range;
}
