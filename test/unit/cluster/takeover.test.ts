import { expect, test, vi } from 'vitest';
import type { RoomCode } from '../../../src/rooms/ids.js';
import { MOVING } from '../../../src/server/cluster/moves/room-moves.js';
import { Takeover, type TakeoverParts } from '../../../src/server/cluster/moves/takeover.js';

const CODE = 'BCDF' as RoomCode;

/** A relay that has given the room away itself. */
function setUp() {
  const release = vi.fn(() => MOVING);
  const parts = {
    self: { run: 'own', url: '' },
    rooms: { find: () => undefined },
    moves: { release },
  };
  const takeover = new Takeover(parts as unknown as TakeoverParts);
  const home = { run: 'own', url: '', epoch: 2 };
  const take = (isWanted: boolean) => takeover.take(CODE, home, 'token', () => isWanted);
  return { release, take };
}

test('a host can resume its room at the relay that has given it away', async () => {
  const { release, take } = setUp();
  await take(true);
  expect(release).toHaveBeenCalledOnce();
});

test('a room is not taken for a host that has given up', async () => {
  const { release, take } = setUp();
  expect((await take(false))?.code).toBe(1012);
  expect(release).not.toHaveBeenCalled();
});
