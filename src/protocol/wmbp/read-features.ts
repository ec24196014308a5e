import { isListing, isListName, LIST_NAME_FORMAT, MAX_LISTING_BYTES } from '../listing.js';
import { MAX_PASSWORD_BYTES } from '../password.js';
import { badField } from './bad-field.js';
import type { SetCommand } from './commands.js';
import type { RequestedFeatures } from './features.js';
import type { Fields } from './fields.js';
import { readFlag } from './read-flag.js';

/**
 * What `prepare` requests beyond WMBP. `with: true` requests nothing but the list of what the relay
 * has.
 *
 * @throws {CommandError} if a field is invalid
 */
export function readFeatures(fields: Fields): { readonly features?: RequestedFeatures } {
  const about = readFlag(fields, 'about');
  const password = readPassword(fields);
  const ask = readFlag(fields, 'ask');
  const features = {
    ...(about && { about }),
    ...(ask && { ask }),
    ...(password !== undefined && { password }),
    ...readCode(fields),
    ...readTimes(fields),
    ...readAudience(fields),
    ...readList(fields),
  };
  const isRequested = readFlag(fields, 'with') || Object.keys(features).length > 0;
  return isRequested ? { features } : {};
}

/** Any text: the room gets another code if it cannot have this one. */
function readCode({ code }: Fields): { readonly code?: string } {
  if (code === undefined || code === null) return {};
  if (typeof code === 'string') return { code };
  throw badField('code', 'text', code);
}

function readTimes({ times }: Fields): { readonly times?: number } {
  if (times === undefined || times === null || times === 0) return {};
  // NaN is not valid either.
  if (typeof times === 'number' && times > 0) return { times };
  throw badField('times', 'seconds, a number of at least 0', times);
}

/** An empty password is an error: a game with an empty field must not open its room to everybody. */
function readPassword({ password }: Fields): string | undefined {
  if (password === undefined || password === null) return undefined;
  const bytes = typeof password === 'string' ? Buffer.byteLength(password) : 0;
  if (bytes > 0 && bytes <= MAX_PASSWORD_BYTES) return password as string;
  const expected = `text of 1 to ${MAX_PASSWORD_BYTES} bytes`;
  throw badField('password', expected, password);
}

function readAudience({ audience }: Fields): Pick<RequestedFeatures, 'audience'> {
  if (audience === undefined || audience === null) return {};
  if (typeof audience === 'number' && Number.isInteger(audience) && audience >= 1) {
    return { audience };
  }
  throw badField('audience', 'the maximum number of viewers, an integer of at least 1', audience);
}

/** Without a list, a text about the room is not shown anywhere. */
function readList(fields: Fields): Pick<RequestedFeatures, 'list' | 'listing'> {
  const { list, listing } = fields;
  if (list === undefined || list === null) return {};
  if (typeof list !== 'string' || !isListName(list)) throw badField('list', LIST_NAME_FORMAT, list);
  return { list, ...readListing(listing) };
}

/**
 * What `set` changes about the list. An empty name takes the room out of its list.
 *
 * @throws {CommandError} if a field is invalid
 */
export function readListChanges(fields: Fields): Pick<SetCommand, 'list' | 'listing'> {
  if (fields.list === '') return { list: '' };
  return { ...readList(fields), ...readListing(fields.listing) };
}

function readListing(listing: Fields['listing']): { readonly listing?: string } {
  if (listing === undefined || listing === null) return {};
  if (typeof listing === 'string' && isListing(listing)) return { listing };
  throw badField('listing', `at most ${MAX_LISTING_BYTES} bytes of text`, listing);
}
