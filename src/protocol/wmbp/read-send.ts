import { isUtf8 } from 'node:buffer';
import { Payload } from '../payload.js';
import type { ToAudience } from '../to-audience.js';
import { isUsableKey, MAX_KEY } from '../value-key.js';
import { badField, isList } from './bad-field.js';
import { CommandError } from './command-error.js';
import type { DeliveryCommand, KeepCommand, SendCommand } from './commands.js';
import { type Fields, MAX_RECIPIENTS, type Value } from './fields.js';
import { readFlag } from './read-flag.js';

/** How many texts in place of ids an error shows, and how many characters of each. */
const MAX_NAMED = 3;
const MAX_SHOWN = 20;

/**
 * Reads a message to players.
 *
 * @throws {CommandError} if a field is invalid
 */
export function readSend(cmd: 'to' | 'to_str', fields: Fields): SendCommand | DeliveryCommand {
  const { keep, except, audience } = fields;
  if (keep !== undefined || except !== undefined || audience !== undefined) {
    return readSpecial(cmd, fields);
  }
  return { cmd: 'send', to: readRecipients(fields), payload: readPayload(cmd, fields) };
}

function readSpecial(cmd: 'to' | 'to_str', fields: Fields): SendCommand | DeliveryCommand {
  const { keep, except } = fields;
  if (keep !== undefined && keep !== null) return readKeep(cmd, keep, fields);
  const to = readRecipients(fields);
  const payload = readPayload(cmd, fields);
  const forAudience = readAudience(fields);
  if (except === undefined || except === null) {
    const message = { to, payload };
    return forAudience.audience === undefined
      ? { cmd: 'send', ...message }
      : { cmd: 'sendToAudience', ...message, audience: forAudience.audience };
  }
  const isBroadcast = to === 'everybody';
  if (!isBroadcast) throw new CommandError('bad_field', 'except: expected only with an empty to');
  return { cmd: 'sendExcept', except: readIds('except', except), payload, ...forAudience };
}

function readAudience({ audience }: Fields): { readonly audience?: ToAudience } {
  if (audience === undefined || audience === null || audience === false) return {};
  if (audience === true) return { audience: 'too' };
  if (audience === 'only') return { audience };
  throw badField('audience', 'true or "only"', audience);
}

function readKeep(cmd: 'to' | 'to_str', keep: Value, fields: Fields): KeepCommand {
  const { data, except } = fields;
  if (except !== undefined && except !== null) {
    throw new CommandError('bad_field', 'except: expected only without keep');
  }
  const to = readRecipients(fields);
  const owner = to === 'everybody' || to.length !== 1 ? to : (to[0] as number);
  if (typeof owner === 'object') {
    throw new CommandError('bad_field', 'to: expected no id or one id, because of keep');
  }
  const forAudience = readAudience(fields);
  if (owner !== 'everybody' && forAudience.audience !== undefined) {
    throw new CommandError('bad_field', 'to: expected no id, because of keep and audience');
  }
  const payload = data === undefined || data === null ? undefined : readPayload(cmd, fields);
  const value = { to: owner, key: readKey(keep), payload, ...forAudience };
  return { cmd: 'keep', ...value, ...readLater(fields) };
}

function readLater(fields: Fields): { readonly later?: true } {
  return readFlag(fields, 'later') ? { later: true } : {};
}

function readKey(keep: Value): string {
  if (typeof keep !== 'string') throw badField('keep', `text of 1 to ${MAX_KEY} characters`, keep);
  if (isUsableKey(keep)) return keep;
  throw new CommandError('bad_field', `keep: expected 1 to ${MAX_KEY} characters`);
}

function readPayload(cmd: 'to' | 'to_str', { data }: Fields): Payload {
  if (!(data instanceof Payload) || data.text !== (cmd === 'to_str')) {
    const expected = cmd === 'to_str' ? 'text' : 'a byte string or a list of integers 0 to 255';
    throw badField('data', expected, data);
  }
  if (data.text && !isUtf8(data.bytes)) {
    throw new CommandError('bad_field', 'data: expected valid UTF-8');
  }
  return data;
}

function readRecipients({ to }: Fields): SendCommand['to'] {
  // A list that was not empty never becomes "everybody".
  return isList(to) && to.length === 0 ? 'everybody' : readIds('to', to);
}

/** A list of ids, in which other values than integers and text are skipped. */
function readIds(name: 'to' | 'except', list: Fields['to']): readonly number[] {
  if (!isList(list)) throw badField(name, 'a list of player ids', list);
  if (list.length > MAX_RECIPIENTS) {
    throw new CommandError('bad_field', `${name}: expected at most ${MAX_RECIPIENTS} ids`);
  }
  if (list.every(isInteger)) return list;
  const texts = list.filter((id) => typeof id === 'string');
  if (texts.length > 0) throw textAsIds(name, texts);
  return list.filter(isInteger);
}

/** Ids as text are an error: if they were skipped, nobody would receive the message. */
function textAsIds(name: string, texts: readonly string[]): CommandError {
  const named = texts.slice(0, MAX_NAMED).map((text) => JSON.stringify(text.slice(0, MAX_SHOWN)));
  const more = texts.length > MAX_NAMED ? ', …' : '';
  return new CommandError(
    'bad_field',
    `${name}: expected numbers as ids, got ${named.join(', ')}${more}`,
  );
}

export function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}
