import { afterEach, expect, test, vi } from 'vitest';
import { createRoom, joinRoom, RelayError } from '../../../src/client/index.js';
import { FakeSocket, stillEnvironment } from './fakes.js';

afterEach(() => vi.unstubAllGlobals());

test.each([
  ['joinRoom', () => joinRoom('ws://relay', 'BCDF', stillWithRefusal())],
  ['createRoom', () => createRoom('ws://relay', stillWithRefusal())],
])('%s says why a browser does not even try, and leaves no mark', async (_name, open) => {
  const kept = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  });
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
  expect(error).toMatchObject({ what: 'unreachable', code: 1006 });
  expect(error.message).toContain('SecurityError: not from HTTPS');
  expect([...kept.keys()].filter((key) => key.endsWith('in use'))).toEqual([]);
  expect(broadcasts.size).toBe(0);
});

function stillWithRefusal() {
  const { WebSocket, clock } = stillEnvironment();
  FakeSocket.refusal = new DOMException('not from HTTPS', 'SecurityError');
  return { WebSocket, clock };
}
