import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import type { Answer } from '../../../src/http/answer.js';
import type { RequestBodies } from '../../../src/http/request-bodies.js';
import type { RequestContext } from '../../../src/http/request-context.js';
import { RoomListAnswers } from '../../../src/http/room-list-answers.js';
import { RoomListPages } from '../../../src/http/room-list-pages.js';
import { CLOSE_REASONS } from '../../../src/protocol/close-codes.js';
import { Rooms } from '../../../src/rooms/rooms.js';
import { TestHost } from '../../support/peers.js';
import { LIMITS, openRoom } from '../../support/rooms.js';

/** Answers about one list with two rooms, and the bytes that they have reserved. */
function setUp({ hasMemory = true } = {}) {
  const rooms = new Rooms(LIMITS);
  const opened = [1, 2].map(() => openRoom(new TestHost(), { features: { list: 'a' } }, rooms));
  const reserved: number[] = [];
  const refusals: unknown[] = [];
  const bodies = { reserve: (bytes: number) => reserved.push(bytes) > 0 && hasMemory };
  const context = { refused: (reason: unknown) => refusals.push(reason) };
  const answers = new RoomListAnswers(
    new RoomListPages(rooms.lists),
    context as unknown as RequestContext,
    bodies as unknown as RequestBodies,
  );
  const get = (after?: string, ifNoneMatch?: string) => {
    const headers = ifNoneMatch === undefined ? {} : { 'if-none-match': ifNoneMatch };
    const request = { headers } as IncomingMessage;
    return answers.answer(
      { kind: 'roomList', list: 'a', after } as Parameters<RoomListAnswers['answer']>[0],
      { request, address: '192.0.2.1' },
      {} as ServerResponse,
    ) as Answer;
  };
  return { opened, reserved, refusals, get };
}

describe('answers about lists', () => {
  test('share the bytes of a page until the list changes, also of pages after the first', () => {
    const { opened, get } = setUp();
    const after = opened[1]?.identity.code;
    for (const place of [undefined, after]) {
      const { body } = get(place);
      expect(get(place).body).toBe(body);
      opened[0]?.change({ name: `changed after ${place}` });
      expect(get(place).body).not.toBe(body);
    }
  });

  test('count as memory while they are written, and are refused without any', () => {
    const { reserved, get } = setUp();
    const { status, body, headers } = get();
    expect([status, reserved]).toEqual([200, [body.length]]);
    expect(get(undefined, String(headers['ETag'])).status).toBe(304);
    expect(reserved).toEqual([body.length, 0]);
    const full = setUp({ hasMemory: false });
    expect(full.get()).toMatchObject({ status: 503, body: CLOSE_REASONS.relayFull.reason });
    expect(full.refusals).toEqual([CLOSE_REASONS.relayFull]);
  });
});
