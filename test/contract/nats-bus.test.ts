import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { NatsBus } from '../../src/cluster/nats/nats-bus.js';
import { freePort } from '../support/free-port.js';
import { NATS, NatsServer } from '../support/nats.js';
import { needs } from '../support/tools.js';

describe('NATS that cannot be used is an error of one line', () => {
  test('where nobody listens', async () => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    const failure = NatsBus.connect({ address: { url } });
    await expect(failure).rejects.toThrow(`cannot connect to NATS at ${url}: `);
    await expect(failure).rejects.toThrow(expect.objectContaining({ name: 'NatsError' }));
    await expect(failure).rejects.not.toThrow('\n');
  });

  test('with a wrong user', needs(NATS), async () => {
    const { url } = await NatsServer.start('--user', 'relay', '--pass', 'secret');
    await expect(NatsBus.connect({ address: { url, user: 'other' } })).rejects.toThrow(
      /^cannot connect to NATS at [^\n]+: [^\n]*Authorization[^\n]*$/i,
    );
  });

  test('where messages may not be as long as a batch', needs(NATS), async () => {
    const config = join(mkdtempSync(join(tmpdir(), 'lobby-relay-')), 'nats.conf');
    onTestFinished(() => rmSync(dirname(config), { recursive: true }));
    writeFileSync(config, 'max_payload: 1024\n');
    const { url } = await NatsServer.start('-c', config);
    await expect(NatsBus.connect({ address: { url } })).rejects.toThrow(
      'the max_payload of NATS is 1024 bytes: links need 65536',
    );
  });

  test('without JetStream, as soon as a bucket is opened', needs(NATS), async () => {
    const { url } = await NatsServer.start();
    const bus = await NatsBus.connect({ address: { url } });
    const failure = bus.bucket('codes');
    await expect(failure).rejects.toThrow(/^cannot use the bucket codes of NATS: [^\n]+$/);
    await expect(failure).rejects.toThrow(expect.objectContaining({ name: 'BusError' }));
    await bus.close();
  });
});

test('a handler that throws does not end the subscription', needs(NATS), async () => {
  const { url } = await NatsServer.start();
  const bus = await NatsBus.connect({ address: { url } });
  const uncaught = new Promise((resolve) => {
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', (error) => {
      for (const listener of listeners) process.on('uncaughtException', listener);
      resolve(error);
    });
  });
  const fault = new Error('a fault');
  let count = 0;
  bus.subscribe('x', () => {
    if (count++ === 0) throw fault;
  });
  for (let i = 0; i < 2; i++) bus.publish('x', new Uint8Array(1));
  expect(await uncaught).toBe(fault);
  await expect.poll(() => count).toBe(2);
  await bus.close();
});
