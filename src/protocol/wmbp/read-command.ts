import { Buffer } from 'node:buffer';
import { areChoices, CHOICES_FORMAT } from '../poll-choices.js';
import { MAX_NAME_BYTES } from '../room-name.js';
import { badField, describe, isList } from './bad-field.js';
import { readCborFields } from './cbor-reader.js';
import { CommandError } from './command-error.js';
import { COMMANDS, type HostCommand, type SetCommand } from './commands.js';
import { EVENTS } from './events.js';
import type { Fields, Value } from './fields.js';
import { readJsonFields } from './json-reader.js';
import { readFeatures, readListChanges } from './read-features.js';
import { readFlag } from './read-flag.js';
import { isInteger, readSend } from './read-send.js';

/** The longest reason of a close that a host gives: a close frame has space for 123 bytes. */
const MAX_REASON_BYTES = 100;

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
      return { cmd, player: readPlayer(fields) };
    case 'poll':
      return { cmd, choices: readChoices(fields) };
    case 'kick':
      return { cmd, player: readPlayer(fields), ...readReason(fields), ...readBan(fields) };
    case 'set':
      return { cmd, ...readChanges(fields) };
    case 'start':
    case 'open':
    case 'who':
    case 'leave':
    case 'stop':
      return { cmd };
    default:
      throw notACommand(fields);
  }
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

function readChoices({ choices }: Fields): readonly string[] {
  if (isList(choices) && areChoices(choices)) return choices;
  throw badField('choices', CHOICES_FORMAT, choices);
}

function readReason({ reason }: Fields): { readonly reason?: string } {
  if (reason === undefined || reason === null) return {};
  if (typeof reason !== 'string') throw badField('reason', 'text', reason);
  if (Buffer.byteLength(reason) <= MAX_REASON_BYTES) return { reason };
  throw new CommandError('bad_field', `reason: expected at most ${MAX_REASON_BYTES} bytes`);
}

function readBan(fields: Fields): { readonly ban?: true } {
  return readFlag(fields, 'ban') ? { ban: true } : {};
}

function readChanges(fields: Fields): Omit<SetCommand, 'cmd'> {
  const isGiven = (value: Value): boolean => value !== undefined && value !== null;
  return {
    ...(isGiven(fields.name) && { name: readName(fields) }),
    ...(isGiven(fields.max_players) && { maxPlayers: readMaxPlayers(fields) }),
    ...readListChanges(fields),
  };
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
