import { beforeEach, describe, expect, test } from 'vitest';
import { RelayAddress } from '../../../../src/client/connection/relay-address.js';
import { ChannelError } from '../../../../src/client/errors/channel-error.js';
import type { Channels } from '../../../../src/client/rtc/channels.js';
import { LazyChannels } from '../../../../src/client/rtc/lazy-channels.js';
import type { Message } from '../../../../src/client/session/envelope.js';
import { toData, toSignal } from '../../../../src/client/session/message.js';
import { stillEnvironment } from '../fakes.js';

/** Replaces the code for data channels. */
class FakeChannels implements Pick<Channels, 'open' | 'receive' | 'close' | 'restart'> {
  static received: string[] = [];
  isClosed = false;
  async open(): Promise<never> {
    throw new ChannelError(this.isClosed ? 'closed' : 'timeout', 'no reason');
  }
  receive(message: Message): void {
    FakeChannels.received.push(String(toData(message)));
  }
  close(): void {
    this.isClosed = true;
  }
  restart(): void {}
}

/** Channels whose code the test loads. */
function newChannels() {
  const loads: { resolve(module: object): void; reject(error: Error): void }[] = [];
  const environment = stillEnvironment();
  const signals: unknown[] = [];
  const failed: unknown[] = [];
  const channels = new LazyChannels(
    {
      environment,
      address: new RelayAddress('ws://relay'),
      signal: (message) => void signals.push(JSON.parse(String(toData(message)))),
      opened: () => {},
      failed: (error) => void failed.push(error.code),
    },
    () =>
      new Promise<never>((resolve, reject) => loads.push({ resolve: resolve as never, reject })),
  );
  const load = async (module: object = { Channels: FakeChannels }): Promise<void> => {
    loads.at(-1)?.resolve(module);
    await settled();
  };
  const fail = async (): Promise<void> => {
    loads.at(-1)?.reject(new Error('404'));
    await settled();
  };
  return { channels, loads, load, fail, signals, failed, clock: environment.clock };
}

/** Waits until the effects of settled promises are done. */
const settled = () => new Promise(setImmediate);

beforeEach(() => {
  FakeChannels.received = [];
});

const numbers = (count: number) => Array.from({ length: count }, (_, id) => JSON.stringify({ id }));

describe('signals that arrive before the code for data channels', () => {
  test('are delivered in order when it is loaded, before later ones', async () => {
    const { channels, load } = newChannels();
    for (const signal of numbers(9)) channels.receive(toSignal(JSON.parse(signal)));
    expect(FakeChannels.received).toEqual([]);
    await load();
    channels.receive(toSignal({ id: 9 }));
    expect(FakeChannels.received).toEqual(numbers(10));
  });

  test('are limited', async () => {
    const { channels, load } = newChannels();
    for (const signal of numbers(1_000)) channels.receive(toSignal(JSON.parse(signal)));
    await load();
    expect(FakeChannels.received).toEqual(numbers(128));
  });

  test('are dropped if they are too large to be parsed, and cause no loading', async () => {
    const { channels, loads, load } = newChannels();
    const sized = (bytes: number) => ({ kind: 'signal' as const, body: new Uint8Array(bytes) });
    channels.receive(sized(16_385));
    expect(loads).toHaveLength(0);
    channels.receive(sized(16_384));
    channels.receive(sized(16_385));
    await load();
    expect(FakeChannels.received.map(({ length }) => length)).toEqual([16_384]);
  });

  test('are dropped when the other end is a new page, or has left', async () => {
    const { channels, load } = newChannels();
    channels.receive(toSignal({ id: 1 }));
    channels.restart();
    channels.receive(toSignal({ id: 2 }));
    channels.close();
    channels.receive(toSignal({ id: 3 }));
    await load();
    expect(FakeChannels.received).toEqual([]);
    await expect(channels.open(true)).rejects.toMatchObject({
      name: 'ChannelError',
      code: 'closed',
    });
  });
});

describe('code for data channels that cannot be loaded', () => {
  test('causes an error event, and refuses each channel of the other end once', async () => {
    const { channels, fail, signals, failed } = newChannels();
    for (const id of [1, 1, 2]) channels.receive(toSignal({ id, by: 'opener' }));
    channels.receive({ kind: 'signal', body: new TextEncoder().encode('not JSON') });
    await fail();
    expect(failed).toEqual(['notLoaded']);
    const refused = { by: 'other', failed: 'unsupported' };
    expect(signals).toEqual([{ id: 1, ...refused }, { id: 2, ...refused }, refused]);
  });

  test('fails openChannel, and is loaded again by the next one', async () => {
    const { channels, loads, load, fail } = newChannels();
    const opening = channels.open(true).catch((reason) => reason);
    await fail();
    const error = await opening;
    expect(error).toBeInstanceOf(ChannelError);
    expect(error).toMatchObject({ code: 'notLoaded', cause: { message: '404' } });
    const again = channels.open(true).catch((reason) => reason);
    await load();
    expect(loads).toHaveLength(2);
    expect(await again).toMatchObject({ code: 'timeout' });
  });

  test.each<[string, unknown]>([
    ['has another interface', undefined],
    [
      'throws when it starts',
      () => {
        throw new TypeError('another context is expected');
      },
    ],
    [
      'throws when it gets a signal',
      class {
        receive(): void {
          throw new TypeError('another message is expected');
        }
      },
    ],
  ])('includes code of another version that %s', async (_name, other) => {
    const { channels, load, signals, failed } = newChannels();
    channels.receive(toSignal({ id: 1, by: 'opener' }));
    const opening = channels.open(true);
    const error = expect(opening).rejects.toMatchObject({ code: 'notLoaded' });
    await load({ Channels: other });
    await error;
    expect(failed).toEqual(['notLoaded']);
    expect(signals).toEqual([{ id: 1, by: 'other', failed: 'unsupported' }]);
    channels.restart();
    channels.close();
  });

  test('causes a failure after 15 seconds', async () => {
    const { channels, clock } = newChannels();
    const opening = channels.open(true);
    clock.pass(15_000);
    await expect(opening).rejects.toMatchObject({ code: 'notLoaded' });
  });

  test('is loaded once for several channels', async () => {
    const { channels, loads, load } = newChannels();
    const opened = Promise.allSettled([channels.open(true), channels.open(true)]);
    channels.receive(toSignal({ id: 1 }));
    await load();
    await opened;
    expect(loads).toHaveLength(1);
    expect(FakeChannels.received).toHaveLength(1);
  });
});
