import { describe, expect, test } from 'vitest';
import { Signaling } from '../../../../src/dialects/signaling/signaling.js';
import { Admission } from '../../../../src/limits/admission.js';
import type { Overload } from '../../../../src/limits/overload.js';

const LIMITS = {
  maxConnections: 1000,
  connectionsPerAddress: 20,
  roomsPerMinute: 30,
  missesPerMinute: 5,
  maxRooms: 100,
  heap: 64 * 1024 * 1024,
  limitLoopback: false,
};

const ADDRESS = '192.0.2.1';

function setup(limits: Partial<typeof LIMITS> = {}) {
  const state = { draining: false, overload: undefined as Overload | undefined, now: 0 };
  const admission = new Admission({ ...LIMITS, ...limits }, () => state.overload);
  const signaling = new Signaling({
    admission,
    rooms: state,
    mayCreate: (token) => token !== 'wrong',
    observer: { channelOpened: () => {}, channelExpired: () => {} },
  });
  const ask = (request: object | string, { address = ADDRESS, token = 'right' } = {}) => {
    const body = typeof request === 'string' ? request : JSON.stringify(request);
    const result = signaling.answer(Buffer.from(body), { address, token }, state.now);
    if (result.is === 'refused') return result.reason.reason;
    const { status, isJson, body: text } = result.answer;
    return isJson ? JSON.parse(text) : `${status} ${text}`;
  };
  const create = (asker = {}) => ask({ method: 'create_data_channel' }, asker);
  return { state, admission, signaling, ask, create };
}

describe('a channel is created within the limits for rooms', () => {
  test('not more per minute than rooms', () => {
    const { create, state } = setup({ roomsPerMinute: 2 });
    expect(create()).toHaveProperty('channel_id');
    expect(create()).toHaveProperty('channel_id');
    expect(create()).toBe('too many attempts');
    expect(create({ address: '192.0.2.2' })).toHaveProperty('channel_id');
    state.now += 30_000;
    expect(create()).toHaveProperty('channel_id');
  });

  test('not during a drain or an overload; existing channels continue', () => {
    const { create, ask, state } = setup();
    const { channel_id } = create();
    state.draining = true;
    expect(create()).toBe('relay restarting');
    state.draining = false;
    state.overload = 'late';
    expect(create()).toBe('relay full');
    expect(ask({ method: 'create_offer', channel_id, offer: 'o' })).toBe('200 ');
  });

  test('not without the token, and a wrong token counts as an attempt', () => {
    const { create } = setup({ roomsPerMinute: 1 });
    expect(create({ token: 'wrong' })).toBe('wrong or missing token');
    expect(create()).toBe('too many attempts');
  });

  test('not more than the connections of one address or the rooms of the relay', () => {
    const { create } = setup({ connectionsPerAddress: 3, maxRooms: 5 });
    for (let i = 0; i < 3; i++) expect(create()).toHaveProperty('channel_id');
    expect(create()).toBe('relay full');
    for (let i = 0; i < 2; i++) {
      expect(create({ address: '192.0.2.2' })).toHaveProperty('channel_id');
    }
    expect(create({ address: '192.0.2.2' })).toBe('relay full');
  });
});

test('a channel is unknown 300 seconds after its creation, even if it was in use', () => {
  const { ask, create, state } = setup();
  state.now = 1000;
  const { channel_id } = create();
  state.now = 300_999;
  expect(ask({ method: 'create_offer', channel_id, offer: 'o' })).toBe('200 ');
  state.now = 301_000;
  for (const name of ['offer', 'answer', 'candidate']) {
    const request = { method: `create_${name}`, channel_id, [name]: 'x' };
    expect(ask(request)).toBe('400 channel_id not found');
  }
  for (const name of ['offer', 'answer', 'candidates']) {
    expect(ask({ method: `get_${name}`, channel_id })).toBe('400 channel_id not found');
  }
});

test('unknown channels do not count as wrong codes, because their ids cannot be guessed', () => {
  const { ask, admission } = setup();
  for (let i = 0; i < 100; i++) {
    expect(ask({ method: 'get_offer', channel_id: `${i}` })).toBe('400 channel_id not found');
  }
  expect(admission.isGuessLimited(ADDRESS, 0)).toBe(false);
});

test('offers, answers and candidates that do not fit get their own errors', () => {
  const { ask, create } = setup();
  const { channel_id } = create();
  const large = 'x'.repeat(140 * 1024);
  for (const name of ['offer', 'answer', 'candidate']) {
    const request = { method: `create_${name}`, channel_id, [name]: large };
    expect(ask(request)).toBe(`400 fail to create ${name}`);
  }
});

test('every request is counted once, by method and result', () => {
  const { ask, create, signaling } = setup({ roomsPerMinute: 1 });
  create();
  create();
  ask({ method: 'echo' });
  ask({ method: 'get_offer' });
  ask({ method: 'nope' });
  ask('{');
  const all = [...signaling.counts.all];
  expect(all).toHaveLength(27);
  expect(all.filter(({ count }) => count > 0)).toEqual([
    { method: 'create_data_channel', result: 'ok', count: 1 },
    { method: 'create_data_channel', result: 'refused', count: 1 },
    { method: 'get_offer', result: 'error', count: 1 },
    { method: 'echo', result: 'ok', count: 1 },
    { method: 'other', result: 'error', count: 2 },
  ]);
});
