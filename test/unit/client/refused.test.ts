import { afterEach, expect, test, vi } from 'vitest';
import { createRoom, joinRoom, RelayError } from '../../../src/client/index.js';
import { MemoryStorage } from '../../support/memory-storage.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['joinRoom', () => joinRoom('ws://relay', 'BCDF', environmentThatRefuses())],
  ['createRoom', () => createRoom('ws://relay', environmentThatRefuses())],
])('%s reports why a browser refuses to connect, and closes all channels', async (_name, open) => {
  vi.stubGlobal('sessionStorage', new MemoryStorage());
  const broadcasts = new Set<object>();
  vi.stubGlobal(
    'BroadcastChannel',
    class {
      constructor() {
        broadcasts.add(this);
      }
      close(): void {
        broadcasts.delete(this);
      }
    },
  );
  const error = await open().catch((reason) => reason);
  expect(error).toBeInstanceOf(RelayError);
  expect(error).toMatchObject({ code: 'unreachable', closeCode: 1006 });
  expect(error.message).toContain('SecurityError: not from HTTPS');
  expect(broadcasts.size).toBe(0);
});

test.each<[string, (options: object) => Promise<unknown>]>([
  ['joinRoom', (options) => joinRoom('ws://relay', 'BCDF', options)],
  ['createRoom', (options) => createRoom('ws://relay', options)],
])(
  '%s rejects with an exception of its handlers, and closes its connection',
  async (_name, open) => {
    const { clock } = stillEnvironment();
    const error = new DOMException('no', 'InvalidStateError');
    class BrokenSocket extends FakeSocket {
      override send(): void {
        throw error;
      }
    }
    const opening = open({ WebSocket: BrokenSocket, clock, storage: null });
    await vi.waitFor(() => expect(FakeSocket.all.length).toBe(1));
    FakeSocket.last.open();
    await expect(opening).rejects.toBe(error);
    expect([FakeSocket.last.closedWith, clock.timers]).toEqual([1000, 0]);
  },
);

function environmentThatRefuses() {
  const { WebSocket, clock } = stillEnvironment();
  FakeSocket.refusal = new DOMException('not from HTTPS', 'SecurityError');
  return { WebSocket, clock };
}

test('the former name of `code`, `what`, still works', () => {
  expect(new RelayError(4004, 'no such room').what).toBe('noSuchRoom');
});
