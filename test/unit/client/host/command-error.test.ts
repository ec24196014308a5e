import { encode } from 'cborg';
import { expect, test, vi } from 'vitest';
import { CommandError, createRoom } from '../../../../src/client/index.js';
import { FakeSocket, stillEnvironment } from '../fakes.js';

const ERROR = { cmd: 'error', code: 'bad_field', reason: '`to`: expected ids' };
const STATE = { cmd: 'state', name: '', players: [], max_players: 8, accept_conns: true };

async function openRoom() {
  const { WebSocket, clock } = stillEnvironment();
  const opened = createRoom('ws://relay', { WebSocket, clock, storage: null });
  await Promise.resolve();
  FakeSocket.last.open();
  FakeSocket.last.receive(encode(STATE));
  return opened;
}

function receive(event: object): void {
  FakeSocket.last.receive(encode(event));
}

test('a room emits an error with the command that the relay refused', async () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const opened = openRoom();
  await Promise.resolve();
  receive({ cmd: 'prepare_reply', key: 'BCDF' });
  const room = await opened;
  receive(ERROR);
  expect(warn.mock.calls).toEqual([[expect.stringContaining('bad_field')]]);
  const received: Error[] = [];
  const end = room.on('error', (error) => received.push(error));
  receive(ERROR);
  expect(received[0]).toBeInstanceOf(CommandError);
  expect(received).toMatchObject([{ code: 'bad_field', reason: '`to`: expected ids' }]);
  expect(room.status).toBe('open');
  end();
  receive(ERROR);
  expect(received.length).toBe(1);
  expect(warn).toHaveBeenCalledTimes(2);
});

test('createRoom rejects with the reason if the relay refuses to prepare the room', async () => {
  const rejected = openRoom();
  await Promise.resolve();
  receive(ERROR);
  await expect(rejected).rejects.toBeInstanceOf(CommandError);
  expect(FakeSocket.last.closedWith).toBe(1000);
});

test.each([{ ask: true }, { password: 'open sesame' }])(
  'createRoom rejects with %o at a relay that does not have it',
  async (options) => {
    const { WebSocket, clock } = stillEnvironment();
    const opened = createRoom('ws://relay', { WebSocket, clock, storage: null, ...options });
    await Promise.resolve();
    FakeSocket.last.open();
    receive(STATE);
    receive({ cmd: 'prepare_reply', key: 'BCDF', with: ['about'] });
    const [name] = Object.keys(options);
    await expect(opened).rejects.toMatchObject({
      code: 'unsupported',
      closeCode: 1010,
      retry: 'no',
      reason: `this relay has no ${name}`,
    });
    expect(FakeSocket.last.closedWith).toBe(1000);
  },
);
