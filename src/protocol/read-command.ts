import { Buffer, isUtf8 } from 'node:buffer';
import { CommandError } from './command-error.js';
import { type Fields, MAX_RECIPIENTS, NOT_BYTES, UNUSABLE } from './fields.js';
import { COMMANDS, EVENTS, type HostCommand, type SendCommand } from './messages.js';
import { Payload } from './payload.js';

/** The longest name a room can have, in bytes of UTF-8: every `state` carries it. */
export const MAX_NAME_BYTES = 1024;

/**
 * Decides what a frame's fields ask for.
 *
 * @throws {CommandError} if that is not a command that can be used
 */
export function readCommand(fields: Fields): HostCommand {
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
      };
    case 'kick':
      return { cmd, player: readPlayer(fields) };
    case 'start':
    case 'open':
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
  // What is no integer is skipped: a list that was not empty never becomes "everybody".
  return to.every(isInteger) ? to : to.filter(isInteger);
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
  // Not a number is not at least 0 either.
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

function badField(key: string, expected: string, got: Fields[keyof Fields]): CommandError {
  return new CommandError('bad_field', `${key}: expected ${expected}, got ${describe(got)}`);
}

function describe(value: Fields[keyof Fields]): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value === UNUSABLE) return 'something else';
  if (value === NOT_BYTES) return 'a list of something else';
  if (value instanceof Payload) return value.text ? 'text' : 'bytes';
  if (isList(value)) return 'a list';
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? 'text' : 'a boolean';
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

function isList(value: Fields['to']): value is Extract<Fields['to'], readonly unknown[]> {
  return Array.isArray(value);
}
