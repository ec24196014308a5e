import { Buffer, isUtf8 } from 'node:buffer';
import { Payload } from '../payload.js';
import { MAX_NAME_BYTES } from '../room-name.js';
import { badField, describe, isList } from './bad-field.js';
import { readCborFields } from './cbor-reader.js';
import { CommandError } from './command-error.js';
import { COMMANDS, type HostCommand, type SendCommand } from './commands.js';
import { EVENTS } from './events.js';
import { type Fields, MAX_RECIPIENTS } from './fields.js';
import { readJsonFields } from './json-reader.js';
import { readFeatures } from './read-features.js';

/** How many texts in place of ids an error shows, and how many characters of each. */
const MAX_NAMED = 3;
const MAX_SHOWN = 20;

/**
 * Reads one frame from a host: CBOR in a binary frame, JSON in a text frame. The format of the host's
 * events does not matter.
 *
 * @throws {CommandError} if it is not a valid command
 */
export function readCommand(frame: Uint8Array, binary: boolean): HostCommand {
  return toCommand(binary ? readCborFields(frame) : readJsonFields(frame));
}

/**
 * Validates the fields of a frame.
 *
 * @throws {CommandError} if they are not a valid command
 */
export function toCommand(fields: Fields): HostCommand {
  const { cmd } = fields;
  switch (cmd) {
    case 'to':
    case 'to_str':
      return readSend(cmd, fields);
    case 'prepare':
      return {
        cmd,
        maxPlayers: readMaxPlayers(fields),
        name: readName(fields),
        ...readHold(fields),
        ...readFeatures(fields),
      };
    case 'admit':
    case 'kick':
      return { cmd, player: readPlayer(fields) };
    case 'start':
    case 'open':
    case 'who':
    case 'stop':
      return { cmd };
    default:
      throw notACommand(fields);
  }
}

function readSend(cmd: 'to' | 'to_str', fields: Fields): SendCommand {
  const to = readRecipients(fields);
  const { data } = fields;
  if (!(data instanceof Payload) || data.text !== (cmd === 'to_str')) {
    const expected = cmd === 'to_str' ? 'text' : 'a byte string or a list of integers 0 to 255';
    throw badField('data', expected, data);
  }
  if (data.text && !isUtf8(data.bytes)) {
    throw new CommandError('bad_field', 'data: expected valid UTF-8');
  }
  return { cmd: 'send', to, payload: data };
}

function readRecipients({ to }: Fields): SendCommand['to'] {
  if (!isList(to)) throw badField('to', 'a list of player ids', to);
  if (to.length === 0) return 'everybody';
  if (to.length > MAX_RECIPIENTS) {
    throw new CommandError('bad_field', `to: expected at most ${MAX_RECIPIENTS} ids`);
  }
  if (to.every(isInteger)) return to;
  const texts = to.filter((id) => typeof id === 'string');
  if (texts.length > 0) throw textAsIds(texts);
  // Other values are skipped. A list that was not empty never becomes "everybody".
  return to.filter(isInteger);
}

/** Ids as text are an error: if they were skipped, nobody would receive the message. */
function textAsIds(texts: readonly string[]): CommandError {
  const named = texts.slice(0, MAX_NAMED).map((text) => JSON.stringify(text.slice(0, MAX_SHOWN)));
  const more = texts.length > MAX_NAMED ? ', …' : '';
  return new CommandError(
    'bad_field',
    `to: expected numbers as ids, got ${named.join(', ')}${more}`,
  );
}

function readMaxPlayers({ max_players }: Fields): number {
  if (isInteger(max_players) && max_players >= 1) return max_players;
  throw badField('max_players', 'an integer of at least 1', max_players);
}

function readName({ name }: Fields): string {
  if (name === undefined || name === null) return '';
  if (typeof name !== 'string') throw badField('name', 'text', name);
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw new CommandError('bad_field', `name: expected at most ${MAX_NAME_BYTES} bytes`);
  }
  return name;
}

function readHold({ hold }: Fields): { readonly hold?: number } {
  if (hold === undefined || hold === null) return {};
  // NaN is not valid either.
  if (typeof hold === 'number' && hold >= 0) return { hold };
  throw badField('hold', 'seconds, a number of at least 0', hold);
}

function readPlayer({ player }: Fields): number {
  if (isInteger(player)) return player;
  throw badField('player', 'a player id', player);
}

function notACommand({ cmd }: Fields): CommandError {
  if (typeof cmd !== 'string') {
    return new CommandError('unknown_command', `cmd: expected text, got ${describe(cmd)}`);
  }
  if ((EVENTS as readonly string[]).includes(cmd)) {
    return new CommandError('wrong_direction', `cmd: "${cmd}" is sent by the relay, not to it`);
  }
  return new CommandError('unknown_command', `cmd: expected one of ${COMMANDS.join(', ')}`);
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}
