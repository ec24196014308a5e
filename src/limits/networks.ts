/** A network that is counted as a whole. */
export interface Network {
  readonly name: string;
  /** Its limit, as a multiple of the limit of one address. */
  readonly share: number;
}

/**
 * IPv6 prefixes shorter than a subscriber's /64, and their shares. One customer may have a /56 or a
 * /48, that is 256 or 65,536 counted addresses, so each prefix has a limit of its own. It is a
 * multiple of the limit of one address, because a site with a /48 has several networks, and phones
 * of many subscribers may share a prefix of their carrier.
 */
const WIDER: readonly { readonly bits: number; readonly share: number }[] = [
  { bits: 56, share: 2 },
  { bits: 48, share: 4 },
];

const ADDRESS_SUFFIX = '::/64';

/** The networks under which an address is counted: itself, and for IPv6 the shorter prefixes. */
export function networksOf(address: string): readonly Network[] {
  const self = { name: address, share: 1 };
  if (!address.endsWith(ADDRESS_SUFFIX)) return [self];
  const groups = address.slice(0, -ADDRESS_SUFFIX.length).split(':');
  const fourth = Number.parseInt(groups[3] ?? '', 16);
  const site = groups.slice(0, 3).join(':');
  return [
    self,
    ...WIDER.map(({ bits, share }) => {
      const masked = fourth & (0xffff << (64 - bits));
      return { name: `${site}:${masked.toString(16)}::/${bits}`, share };
    }),
  ];
}
