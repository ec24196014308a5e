import { decode as decodeCbor, encode as encodeCbor } from 'cborg';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Payload } from '../../src/protocol/payload.js';
import { cborEncoder } from '../../src/protocol/wmbp/cbor-encoder.js';
import { COMMANDS } from '../../src/protocol/wmbp/commands.js';
import { ERROR_CODES, type ErrorCode } from '../../src/protocol/wmbp/error-codes.js';
import { EVENTS, type HostEvent } from '../../src/protocol/wmbp/events.js';
import type { HostEncoder } from '../../src/protocol/wmbp/host-encoder.js';
import { jsonEncoder } from '../../src/protocol/wmbp/json-encoder.js';
import { readCommand } from '../../src/protocol/wmbp/read-command.js';
import {
  hostEvent,
  type Legible,
  legible,
  meaning,
  payloadBytes,
  playerId,
  text,
  type WireCommand,
  wireCommand,
} from '../support/arbitraries.js';
import { refusal } from '../support/hex.js';
import { receiveOne } from '../support/receive.js';
import { RecordingSink } from '../support/recording-sink.js';

/** A format of hosts: the relay's codec, and an independent one. */
interface HostFormat {
  readonly name: string;
  readonly binary: boolean;
  readonly encoder: HostEncoder;
  readonly peer: {
    encode(command: object): Uint8Array;
    decode(data: Buffer): unknown;
  };
}

const formats: HostFormat[] = [
  {
    name: 'CBOR',
    binary: true,
    encoder: cborEncoder({ bytes: false }),
    peer: { encode: (command) => encodeCbor(command), decode: (data) => decodeCbor(data) },
  },
  {
    name: 'JSON',
    binary: false,
    encoder: jsonEncoder,
    peer: {
      encode: (command) => Buffer.from(JSON.stringify(command, bytesAsIntegers)),
      decode: (data) => JSON.parse(data.toString('utf8')),
    },
  },
];

function bytesAsIntegers(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}

/** Every command, and the unusual forms of it that both formats can express. */
const commands: WireCommand[] = [
  { cmd: 'prepare', max_players: 8 },
  { cmd: 'prepare', max_players: 8, name: 'Größe 🎉' },
  { cmd: 'prepare', max_players: 1, name: null },
  { cmd: 'prepare', max_players: 8, hold: 60 },
  { cmd: 'prepare', max_players: 8, hold: 0 },
  { cmd: 'prepare', max_players: 8, hold: 0.25 },
  { cmd: 'prepare', max_players: 8, hold: 1e300 },
  { cmd: 'prepare', max_players: 8, hold: null },
  { cmd: 'start' },
  { cmd: 'open' },
  { cmd: 'admit', player: 65_536 },
  { cmd: 'kick', player: 65_536 },
  { cmd: 'kick', player: -1 },
  { cmd: 'kick', player: 1, reason: 'Größe 🎉', ban: true },
  { cmd: 'set', name: 'Größe 🎉', max_players: 8 },
  { cmd: 'set' },
  { cmd: 'leave' },
  { cmd: 'who' },
  { cmd: 'poll', choices: [] },
  { cmd: 'poll', choices: ['A', 'Größe 🎉', 'B'.repeat(100)] },
  { cmd: 'poll', choices: Array.from({ length: 32 }, (_, n) => `choice ${n}`) },
  { cmd: 'stop' },
  { cmd: 'to', to: [], data: Uint8Array.of(0, 23, 24, 255) },
  { cmd: 'to', to: [1, 300, 70_000], data: new Uint8Array() },
  { cmd: 'to', to: [1, null, 2.5, true, [3], 4], data: new Uint8Array(70_000).fill(200) },
  { cmd: 'to', to: [7], data: Uint8Array.of(1), keep: 'Größe 🎉' },
  { cmd: 'to_str', to: [], keep: 'phase' },
  { cmd: 'to_str', to: [], except: [1, null, 300], data: 'x' },
  { cmd: 'to_str', to: [], data: '' },
  { cmd: 'to_str', to: [null], data: 'hello' },
  { cmd: 'to_str', to: [2, 1], data: 'aü€🎉\0"\\\n'.repeat(1000) },
];

/** Invalid commands with their error codes. */
const unusable: [command: object, code: ErrorCode][] = [
  [{}, 'unknown_command'],
  [{ name: 'no cmd' }, 'unknown_command'],
  [{ cmd: 1 }, 'unknown_command'],
  [{ cmd: null }, 'unknown_command'],
  [{ cmd: ['start'] }, 'unknown_command'],
  [{ cmd: 'join' }, 'unknown_command'],
  [{ cmd: 'START' }, 'unknown_command'],
  ...EVENTS.map((cmd): [object, ErrorCode] => [{ cmd }, 'wrong_direction']),
  [{ cmd: 'prepare' }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 0 }, 'bad_field'],
  [{ cmd: 'prepare', max_players: -1 }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 1.5 }, 'bad_field'],
  [{ cmd: 'prepare', max_players: '8' }, 'bad_field'],
  [{ cmd: 'prepare', max_players: null }, 'bad_field'],
  [{ cmd: 'prepare', max_players: [8] }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, name: 8 }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, name: { text: '' } }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, name: 'x'.repeat(1025) }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, hold: -1 }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, hold: '60' }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, hold: true }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, hold: [60] }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, audience: 0 }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, audience: true }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, list: '' }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, list: 'no spaces' }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, list: 'x'.repeat(65) }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, list: 'game', listing: 'x'.repeat(1025) }, 'bad_field'],
  [{ cmd: 'prepare', max_players: 8, list: 'game', listing: [1] }, 'bad_field'],
  [{ cmd: 'poll' }, 'bad_field'],
  [{ cmd: 'poll', choices: 'A' }, 'bad_field'],
  [{ cmd: 'poll', choices: ['A', 'A'] }, 'bad_field'],
  [{ cmd: 'poll', choices: ['A', ''] }, 'bad_field'],
  [{ cmd: 'poll', choices: ['A', 1] }, 'bad_field'],
  [{ cmd: 'poll', choices: ['A', ['B']] }, 'bad_field'],
  [{ cmd: 'poll', choices: ['x'.repeat(101)] }, 'bad_field'],
  [{ cmd: 'poll', choices: Array.from({ length: 33 }, (_, n) => `choice ${n}`) }, 'bad_field'],
  [{ cmd: 'poll', choices: Array.from({ length: 5000 }, (_, n) => `choice ${n}`) }, 'bad_field'],
  [{ cmd: 'to_str', to: [], data: 'x', audience: 'all' }, 'bad_field'],
  [{ cmd: 'to_str', to: [], data: 'x', audience: 1 }, 'bad_field'],
  [{ cmd: 'kick' }, 'bad_field'],
  [{ cmd: 'kick', player: null }, 'bad_field'],
  [{ cmd: 'kick', player: '1' }, 'bad_field'],
  [{ cmd: 'kick', player: 1.5 }, 'bad_field'],
  [{ cmd: 'kick', player: [1] }, 'bad_field'],
  ...(['to', 'to_str'] as const).flatMap((cmd): [object, ErrorCode][] => {
    const data = cmd === 'to' ? [1] : 'x';
    return [
      [{ cmd, data }, 'bad_field'],
      [{ cmd, to: null, data }, 'bad_field'],
      [{ cmd, to: 1, data }, 'bad_field'],
      [{ cmd, to: '', data }, 'bad_field'],
      [{ cmd, to: { length: 0 }, data }, 'bad_field'],
      [{ cmd, to: new Array(65_537).fill(1), data }, 'bad_field'],
      [{ cmd, to: [] }, 'bad_field'],
      [{ cmd, to: [], data: null }, 'bad_field'],
      [{ cmd, to: [], data: 1 }, 'bad_field'],
      [{ cmd, to: [], data: { 0: 1 } }, 'bad_field'],
    ];
  }),
  [{ cmd: 'to', to: [], data: 'text' }, 'bad_field'],
  [{ cmd: 'to', to: [], data: [256] }, 'bad_field'],
  [{ cmd: 'to', to: [], data: [-1] }, 'bad_field'],
  [{ cmd: 'to', to: [], data: [1.5] }, 'bad_field'],
  [{ cmd: 'to', to: [], data: [1, null] }, 'bad_field'],
  [{ cmd: 'to', to: [], data: [[1]] }, 'bad_field'],
  [{ cmd: 'to_str', to: [], data: [104, 105] }, 'bad_field'],
  [{ cmd: 'to_str', to: [], data: Uint8Array.of(104, 105) }, 'bad_field'],
];

const events: HostEvent[] = [
  { cmd: 'state', name: '', players: [], max_players: 0, accept_conns: false },
  { cmd: 'state', name: 'Größe 🎉', players: [1, 24, 70_000], max_players: 8, accept_conns: true },
  { cmd: 'state', name: '', players: [1, 2], max_players: 8, accept_conns: true, away: [] },
  { cmd: 'state', name: '', players: [1, 70_000], max_players: 8, accept_conns: true, away: [1] },
  { cmd: 'state', name: '', players: [], max_players: 8, accept_conns: true, asking: [1] },
  { cmd: 'prepare_reply', key: 'BCDF' },
  { cmd: 'prepare_reply', key: 'FUNX', with: ['about', 'ask', 'password', 'code', 'times'] },
  { cmd: 'prepare_reply', key: 'BCDF', resume: 'x82NPOwhEQ2xweE3A04WIioL' },
  { cmd: 'prepare_reply', key: 'BCDF', resume: 'x82NPOwhEQ2xweE3A04WIioL', resumed: true },
  { cmd: 'player_joined', player: 1 },
  { cmd: 'player_joined', player: 1, about: 'Ana 🦊' },
  { cmd: 'player_asks', player: 1 },
  { cmd: 'player_asks', player: 1, about: '' },
  { cmd: 'about', player: 1, about: 'Ana 🦊' },
  {
    cmd: 'times',
    players: [
      [1, 0],
      [70_000, 300],
    ],
  },
  { cmd: 'player_left', player: 65_536 },
  { cmd: 'player_away', player: 24 },
  { cmd: 'player_back', player: 24 },
  { cmd: 'player_back', player: 24, missed: 70_000 },
  { cmd: 'about', player: 24, about: 'Größe 🎉' },
  { cmd: 'audience', count: 10_000 },
  { cmd: 'tally', counts: [0, 24, 70_000] },
  ...(Object.keys(ERROR_CODES) as ErrorCode[]).map(
    (code): HostEvent => ({ cmd: 'error', reason: ERROR_CODES[code], code }),
  ),
];

describe.each(formats)('A host that speaks $name', ({ binary, encoder, peer }) => {
  const decode = (command: object): Legible => legible(readCommand(peer.encode(command), binary));

  const encoded = (write: (sink: RecordingSink) => void): unknown => {
    const sink = new RecordingSink();
    write(sink);
    const message = receiveOne(sink.bytes());
    expect(message.binary).toBe(binary);
    return peer.decode(message.data);
  };

  it.each(commands.map((command) => [abbreviated(command), command] as const))(
    'is understood when it sends %s',
    (_, command) => {
      expect(decode(command)).toEqual(meaning(command));
    },
  );

  it('has every command', () => {
    expect(new Set(commands.map(({ cmd }) => cmd))).toEqual(new Set(COMMANDS));
  });

  it('is understood for any command', () => {
    fc.assert(
      fc.property(wireCommand(), (command) => {
        expect(decode(command)).toEqual(meaning(command));
      }),
    );
  });

  it.each(unusable.map(([command, code]) => [abbreviated(command), code, command] as const))(
    'that sends %s is answered with %s',
    (_, code, command) => {
      expect(refusal(() => decode(command)).code).toBe(code);
    },
  );

  it.each(events)('gets %j', (event) => {
    expect(encoded((sink) => encoder.event(sink, event))).toEqual(event);
  });

  it('gets any event', () => {
    fc.assert(
      fc.property(hostEvent(), (event) => {
        expect(encoded((sink) => encoder.event(sink, event))).toEqual(event);
      }),
    );
  });

  it('gets every event', () => {
    const messages = ['from', 'from_str'];
    expect(new Set([...events.map(({ cmd }) => cmd), ...messages])).toEqual(new Set(EVENTS));
  });

  it("gets players' bytes as integers", () => {
    fc.assert(
      fc.property(playerId(), payloadBytes(), (from, bytes) => {
        const message = encoded((sink) =>
          encoder.message(sink, from, new Payload(Buffer.from(bytes), false)),
        );
        expect(message).toEqual({ cmd: 'from', from, data: [...bytes] });
      }),
    );
  });

  it("gets players' text as text", () => {
    fc.assert(
      fc.property(playerId(), text(300), (from, words) => {
        const utf8 = Buffer.from(words);
        const message = encoded((sink) => encoder.message(sink, from, new Payload(utf8, true)));
        expect(message).toEqual({ cmd: 'from_str', from, data: words });
      }),
    );
  });
});

describe('An unreadable frame', () => {
  it.each(formats)('is refused by the format in $name', ({ binary, peer }) => {
    const code = binary ? 'bad_cbor' : 'bad_json';
    for (const frame of [
      new Uint8Array(),
      Uint8Array.of(0xff),
      peer.encode([]),
      peer.encode([{ cmd: 'start' }]),
      Buffer.from(peer.encode({ cmd: 'start' })).subarray(0, -1),
    ]) {
      expect(refusal(() => readCommand(frame, binary)).code).toBe(code);
    }
  });

  it('is one format in a frame of the other', () => {
    const [cbor, json] = [encodeCbor({ cmd: 'start' }), Buffer.from('{"cmd":"start"}')];
    expect(refusal(() => readCommand(cbor, false)).code).toBe('bad_json');
    expect(refusal(() => readCommand(json, true)).code).toBe('bad_cbor');
  });
});

function abbreviated(command: object): string {
  const json = JSON.stringify(command, bytesAsIntegers);
  return json.length > 70 ? `${json.slice(0, 70)}…` : json;
}
