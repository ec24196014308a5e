import fc from 'fast-check';
import { ERROR_CODES, type ErrorCode } from '../../src/protocol/command-error.js';
import type { HostCommand, HostEvent, SendCommand } from '../../src/protocol/messages.js';

/** A host's command as its program holds it, before an encoder makes bytes of it. */
export type WireCommand =
  | { cmd: 'start' | 'open' | 'stop' }
  | { cmd: 'prepare'; max_players: number; name?: string | null | undefined }
  | { cmd: 'kick'; player: number }
  | { cmd: 'to'; to: unknown[]; data: Uint8Array }
  | { cmd: 'to_str'; to: unknown[]; data: string };

/** A command without its payload's class, which compares fast and prints well. */
export type Legible =
  | Exclude<HostCommand, SendCommand>
  | { readonly cmd: 'send'; readonly to: SendCommand['to']; readonly text: string }
  | { readonly cmd: 'send'; readonly to: SendCommand['to']; readonly bytes: string };

export function legible(command: HostCommand): Legible {
  if (command.cmd !== 'send') return command;
  const { cmd, to, payload } = command;
  const bytes = Buffer.from(payload.bytes);
  return payload.text
    ? { cmd, to, text: bytes.toString('utf8') }
    : { cmd, to, bytes: bytes.toString('hex') };
}

/** What a host means by a command, said a second time and without the relay's code. */
export function meaning(wire: WireCommand): Legible {
  switch (wire.cmd) {
    case 'prepare':
      return { cmd: 'prepare', maxPlayers: wire.max_players, name: wire.name ?? '' };
    case 'to':
      return {
        cmd: 'send',
        to: recipients(wire.to),
        bytes: Buffer.from(wire.data).toString('hex'),
      };
    case 'to_str':
      return { cmd: 'send', to: recipients(wire.to), text: wire.data };
    case 'kick':
      return { cmd: 'kick', player: wire.player };
    default:
      return { cmd: wire.cmd };
  }
}

function recipients(to: readonly unknown[]): SendCommand['to'] {
  if (to.length === 0) return 'everybody';
  return to.filter((id): id is number => Number.isInteger(id));
}

/**
 * Any text that has a UTF-8 form, ASCII more often than not. No byte order marks, which many a
 * decoder swallows: these have tests of their own.
 */
export function text(maxLength?: number): fc.Arbitrary<string> {
  const size = maxLength === undefined ? {} : { maxLength };
  return fc.oneof(fc.string(size), fc.string({ unit: character(), ...size }));
}

/** A code point of each length that UTF-8 has. */
function character(): fc.Arbitrary<string> {
  const ranges = [
    [0x00, 0x7f],
    [0x80, 0x7ff],
    [0x800, 0xd7ff],
    [0xe000, 0xfefe],
    [0x10000, 0x10ffff],
  ] as const;
  return fc
    .oneof(...ranges.map(([min, max]) => fc.integer({ min, max })))
    .map((point) => String.fromCodePoint(point));
}

/** Ids around the borders of every width that an integer can have. */
export function playerId(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 4_000_000_000),
  );
}

export function payloadBytes(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength: 600, size: 'medium' });
}

/** What real hosts leave between the ids of `to`. */
const notAnId = fc.constantFrom<unknown>(undefined, null, true, 'two', 1.5, -0.25);

function idList(): fc.Arbitrary<unknown[]> {
  return fc.array(fc.oneof({ weight: 4, arbitrary: playerId() }, notAnId), { maxLength: 40 });
}

export function wireCommand(): fc.Arbitrary<WireCommand> {
  return fc.oneof(
    fc.record({ cmd: fc.constantFrom('start', 'open', 'stop') }),
    fc.record(
      {
        cmd: fc.constant('prepare' as const),
        max_players: fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.maxSafeNat().map(atLeastOne)),
        name: fc.oneof(text(200), fc.constantFrom(null, undefined)),
      },
      { requiredKeys: ['cmd', 'max_players'] },
    ),
    fc.record({
      cmd: fc.constant('kick' as const),
      player: fc.oneof(playerId(), fc.maxSafeInteger()),
    }),
    fc.record({ cmd: fc.constant('to' as const), to: idList(), data: payloadBytes() }),
    fc.record({ cmd: fc.constant('to_str' as const), to: idList(), data: text() }),
  );
}

function atLeastOne(n: number): number {
  return Math.max(1, n);
}

/** What the relay tells a host about its room. */
export function hostEvent(): fc.Arbitrary<HostEvent> {
  return fc.oneof(
    fc.record({
      cmd: fc.constant('state' as const),
      name: text(300),
      players: fc.array(playerId(), { maxLength: 300 }),
      max_players: fc.nat({ max: 70_000 }),
      accept_conns: fc.boolean(),
    }),
    fc.record({ cmd: fc.constant('prepare_reply' as const), key: text(8) }),
    fc.record({
      cmd: fc.constantFrom('player_joined' as const, 'player_left' as const),
      player: playerId(),
    }),
    fc.record({
      cmd: fc.constant('error' as const),
      reason: text(200),
      code: fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
    }),
  );
}
