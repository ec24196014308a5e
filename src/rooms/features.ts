import type { SecretHash } from './secret.js';

/**
 * What a host has requested beyond a plain room. A room of a plain WMBP host has no features at all,
 * not even an empty object, and its host gets the messages of WMBP only.
 */
export interface Features {
  /** Whether the host gets what players say about themselves when they join. */
  readonly about?: true;
  /** Whether the host is asked before a player gets a seat. */
  readonly ask?: true;
  /** The hash of the password that players have to know to get a seat. */
  readonly password?: SecretHash;
  /** Whether the room has the code that the host has chosen. */
  readonly code?: true;
  /** How often the host gets round-trip times: so many seconds apart. */
  readonly times?: number;
  /** The maximum number of viewers. */
  readonly audience?: number;
  /** The public list that shows the room. */
  readonly list?: string;
  /** What the list shows about the room, beside its name. */
  readonly listing?: string;
}

/** What the relay allows. */
export interface FeatureLimits {
  /** The maximum number of viewers of a room; 0 for none. */
  readonly maxAudience: number;
  /** Whether there are public lists. */
  readonly hasLists: boolean;
}

/** The requested features, as far as this relay has them. */
export function grant(
  { audience, list, listing, ...rest }: Features,
  { maxAudience, hasLists }: FeatureLimits,
): Features {
  const maxViewers = Math.min(audience ?? 0, maxAudience);
  return {
    ...rest,
    ...(maxViewers > 0 && { audience: maxViewers }),
    ...(hasLists && list !== undefined && { list, ...(listing !== undefined && { listing }) }),
  };
}

/** A change of the list that shows the room, and of what it shows; missing fields stay as they are. */
export interface ListingChanges {
  /** `''` for no list. */
  readonly list?: string;
  readonly listing?: string;
}

/** The features after a change of the list, as far as this relay has lists. */
export function relist(
  features: Features | undefined,
  changes: ListingChanges,
  limits: FeatureLimits,
): Features | undefined {
  if (changes.list === undefined && changes.listing === undefined) return features;
  const { list: oldList, listing: oldListing, ...rest } = features ?? {};
  const { list = oldList, listing = oldListing } = changes;
  if (list === undefined || list === '') return features && rest;
  return grant({ ...rest, list, ...(listing !== undefined && { listing }) }, limits);
}
