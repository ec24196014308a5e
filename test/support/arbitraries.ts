import fc from 'fast-check';
import { CODE_ALPHABET } from '../../src/protocol/room-code.js';
import type {
  DeliveryCommand,
  HostCommand,
  SendCommand,
} from '../../src/protocol/wmbp/commands.js';
import { ERROR_CODES, type ErrorCode } from '../../src/protocol/wmbp/error-codes.js';
import type { HostEvent } from '../../src/protocol/wmbp/events.js';
import type { PlayerId, RoomCode } from '../../src/rooms/ids.js';
import type { SavedRoom } from '../../src/rooms/saved-room.js';
import { hashSecret, type SecretHash } from '../../src/rooms/secret.js';

/** A host's command as an object, before it is encoded. */
export type WireCommand =
  | { cmd: 'start' | 'open' | 'who' | 'leave' | 'stop' }
  | { cmd: 'poll'; choices: string[] }
  | {
      cmd: 'prepare';
      max_players: number;
      name?: string | null | undefined;
      hold?: number | null | undefined;
    }
  | { cmd: 'admit'; player: number }
  | {
      cmd: 'kick';
      player: number;
      reason?: string | null | undefined;
      ban?: boolean | null | undefined;
    }
  | { cmd: 'set'; name?: string | null | undefined; max_players?: number | null | undefined }
  | ({ cmd: 'to'; to: unknown[]; data?: Uint8Array | null | undefined } & Delivery)
  | ({ cmd: 'to_str'; to: unknown[]; data?: string | null | undefined } & Delivery);

/** The features that messages have. */
interface Delivery {
  keep?: string | null | undefined;
  later?: boolean | null | undefined;
  except?: unknown[] | null | undefined;
}

/** A command without its payload's class, which compares fast and prints well. */
export type Legible =
  | Exclude<HostCommand, SendCommand | DeliveryCommand>
  | (Addressed & { readonly text: string })
  | (Addressed & { readonly bytes: string });

type Addressed =
  | { readonly cmd: 'send'; readonly to: SendCommand['to'] }
  | { readonly cmd: 'sendToAudience'; readonly to: SendCommand['to']; readonly audience: string }
  | { readonly cmd: 'sendExcept'; readonly except: readonly number[] }
  | {
      readonly cmd: 'keep';
      readonly to: 'everybody' | number;
      readonly key: string;
      readonly later?: true;
    };

export function legible(command: HostCommand): Legible {
  if (!('payload' in command)) return command;
  const { payload, ...addressed } = command;
  const bytes = Buffer.from(payload?.bytes ?? []);
  return payload?.text
    ? { ...addressed, text: bytes.toString('utf8') }
    : { ...addressed, bytes: bytes.toString('hex') };
}

/** The expected result of reading a command, computed without the relay's code. */
export function meaning(wire: WireCommand): Legible {
  switch (wire.cmd) {
    case 'prepare':
      return {
        cmd: 'prepare',
        maxPlayers: wire.max_players,
        name: wire.name ?? '',
        ...(typeof wire.hold === 'number' && { hold: wire.hold }),
      };
    case 'to':
      return { ...addressed(wire), bytes: Buffer.from(wire.data ?? []).toString('hex') };
    case 'to_str':
      // Without data, a value is forgotten.
      return {
        ...addressed(wire),
        ...(typeof wire.data === 'string' ? { text: wire.data } : { bytes: '' }),
      };
    case 'admit':
      return { cmd: wire.cmd, player: wire.player };
    case 'poll':
      return { cmd: 'poll', choices: wire.choices };
    case 'kick':
      return {
        cmd: 'kick',
        player: wire.player,
        ...(typeof wire.reason === 'string' && { reason: wire.reason }),
        ...(wire.ban === true && { ban: true }),
      };
    case 'set':
      return {
        cmd: 'set',
        ...(typeof wire.name === 'string' && { name: wire.name }),
        ...(typeof wire.max_players === 'number' && { maxPlayers: wire.max_players }),
      };
    default:
      return { cmd: wire.cmd };
  }
}

function addressed({ to, keep, later, except }: Delivery & { readonly to: unknown[] }): Addressed {
  const ids = to.filter(isId);
  if (typeof keep === 'string') {
    return { cmd: 'keep', to: ids[0] ?? 'everybody', key: keep, ...(later && { later }) };
  }
  if (Array.isArray(except)) {
    return { cmd: 'sendExcept', except: except.filter(isId) };
  }
  return { cmd: 'send', to: to.length === 0 ? 'everybody' : ids };
}

function isId(value: unknown): value is number {
  return Number.isInteger(value);
}

/**
 * Any text that UTF-8 can encode, mostly ASCII. Without byte order marks, which many decoders
 * remove: these have tests of their own.
 */
export function text(maxLength?: number): fc.Arbitrary<string> {
  const size = maxLength === undefined ? {} : { maxLength };
  return fc.oneof(fc.string(size), fc.string({ unit: character(), ...size }));
}

/** A code point of each length in UTF-8. */
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

/** Ids around the limits of every width of integers. */
export function playerId(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.constantFrom(23, 24, 255, 256, 65_535, 65_536, 4_000_000_000),
  );
}

export function payloadBytes(): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ maxLength: 600, size: 'medium' });
}

/** Other values that real hosts send among the ids of `to`. */
const notAnId = fc.constantFrom<unknown>(undefined, null, true, 1.5, -0.25);

function idList(): fc.Arbitrary<unknown[]> {
  return fc.array(fc.oneof({ weight: 4, arbitrary: playerId() }, notAnId), { maxLength: 40 });
}

export function wireCommand(): fc.Arbitrary<WireCommand> {
  return fc.oneof(
    fc.record({ cmd: fc.constantFrom('start', 'open', 'who', 'leave', 'stop') }),
    fc.record({
      cmd: fc.constant('poll' as const),
      choices: fc.uniqueArray(fc.string({ minLength: 1, maxLength: 25, unit: character() }), {
        maxLength: 32,
      }),
    }),
    fc.record(
      {
        cmd: fc.constant('prepare' as const),
        max_players: maxPlayers(),
        name: fc.oneof(text(200), fc.constantFrom(null, undefined)),
        hold: fc.oneof(fc.nat(86_400), fc.constantFrom(0.5, 1.1, 1e300, null, undefined)),
      },
      { requiredKeys: ['cmd', 'max_players'] },
    ),
    fc.record({
      cmd: fc.constant('admit' as const),
      player: fc.oneof(playerId(), fc.maxSafeInteger()),
    }),
    fc.record(
      {
        cmd: fc.constant('kick' as const),
        player: fc.oneof(playerId(), fc.maxSafeInteger()),
        reason: fc.oneof(text(25), fc.constantFrom(null, undefined)),
        ban: fc.constantFrom(true, false, null, undefined),
      },
      { requiredKeys: ['cmd', 'player'] },
    ),
    fc.record(
      {
        cmd: fc.constant('set' as const),
        name: fc.oneof(text(200), fc.constantFrom(null, undefined)),
        max_players: fc.oneof(maxPlayers(), fc.constantFrom(null, undefined)),
      },
      { requiredKeys: ['cmd'] },
    ),
    addressing().chain((addressing) =>
      fc.oneof(
        fc.record({ cmd: fc.constant('to' as const), data: payloadBytes(), ...addressing }),
        fc.record({ cmd: fc.constant('to_str' as const), data: text(), ...addressing }),
      ),
    ),
  );
}

function maxPlayers(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 1, max: 70_000 }), fc.maxSafeNat().map(atLeastOne));
}

interface Addressing {
  to: fc.Arbitrary<unknown[]>;
  keep?: fc.Arbitrary<string | null | undefined>;
  later?: fc.Arbitrary<boolean | null | undefined>;
  except?: fc.Arbitrary<unknown[] | null | undefined>;
}

/** Whom a message is for: mostly some players or all, and sometimes also those who come later. */
function addressing(): fc.Arbitrary<Addressing> {
  const none = fc.constantFrom(null, undefined);
  const key = fc.string({ unit: character(), minLength: 1, maxLength: 32 });
  const everybody = fc.constant<unknown[]>([]);
  const oneOrAll = fc.array<unknown>(playerId(), { maxLength: 1 });
  return fc.constantFrom<Addressing>(
    { to: idList() },
    { to: idList() },
    { to: idList(), keep: none, except: none },
    { to: oneOrAll, keep: key },
    { to: oneOrAll, keep: key, later: fc.constantFrom(true, false, null, undefined) },
    { to: everybody, except: idList(), keep: none },
  );
}

function atLeastOne(n: number): number {
  return Math.max(1, n);
}

/** Events of the relay. */
export function hostEvent(): fc.Arbitrary<HostEvent> {
  const cmd = <const Cmd extends string>(...names: Cmd[]) => fc.constantFrom(...names);
  const ids = fc.array(playerId(), { maxLength: 300 });
  return fc.oneof(
    fc.record(
      {
        cmd: cmd('state'),
        name: text(300),
        players: ids,
        max_players: fc.nat({ max: 70_000 }),
        accept_conns: fc.boolean(),
        away: ids,
      },
      { requiredKeys: ['cmd', 'name', 'players', 'max_players', 'accept_conns'] },
    ),
    fc.record(
      { cmd: cmd('prepare_reply'), key: text(8), resume: text(40), resumed: fc.constant(true) },
      { requiredKeys: ['cmd', 'key'] },
    ),
    fc.record({ cmd: cmd('player_joined', 'player_left', 'player_away'), player: playerId() }),
    fc.record(
      { cmd: cmd('player_back'), player: playerId(), missed: playerId() },
      { requiredKeys: ['cmd', 'player'] },
    ),
    fc.record({ cmd: cmd('about'), player: playerId(), about: text(300) }),
    fc.record({ cmd: cmd('audience'), count: fc.nat({ max: 70_000 }) }),
    fc.record({ cmd: cmd('tally'), counts: fc.array(fc.nat(), { maxLength: 32 }) }),
    fc.record({
      cmd: cmd('error'),
      reason: text(200),
      code: fc.constantFrom(...(Object.keys(ERROR_CODES) as ErrorCode[])),
    }),
  );
}

/** Saved rooms, each with its own code. */
export function savedRooms(): fc.Arbitrary<SavedRoom[]> {
  return fc.uniqueArray(savedRoom(), { selector: ({ code }) => code, maxLength: 5 });
}

function savedRoom(): fc.Arbitrary<SavedRoom> {
  const people = fc.uniqueArray(
    fc.record({
      id: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 2 ** 31 })),
      away: fc.boolean(),
      kicked: fc.boolean(),
    }),
    { selector: ({ id }) => id, maxLength: 8 },
  );
  return fc
    .record({
      code: fc.string({ unit: fc.constantFrom(...CODE_ALPHABET), minLength: 4, maxLength: 4 }),
      name: text(100),
      maxPlayers: fc.integer({ min: 1, max: 70_000 }),
      started: fc.boolean(),
      hold: fc.oneof(fc.integer({ min: 1, max: 86_400 }), fc.constantFrom(0.001, 1.5)),
      secret: fc.string(),
      people,
      keyless: fc.boolean(),
    })
    .map(({ code, secret, people, keyless, ...others }) => {
      const key = (id: number): SecretHash => hashSecret(`${id} ${secret}`);
      const ids = people.map(({ id }) => id as PlayerId);
      return {
        ...others,
        code: code as RoomCode,
        resume: hashSecret(secret),
        lastId: ids.length === 0 ? null : (Math.max(...ids) as PlayerId),
        seats: people
          .filter(({ kicked }) => !kicked)
          .map(({ id, away }) => ({ id: id as PlayerId, key: keyless ? null : key(id), away })),
        banned: people.filter(({ kicked }) => kicked).map(({ id }) => key(id)),
      };
    });
}
