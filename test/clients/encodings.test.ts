import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Player } from '../support/clients.js';
import { RelayProcess } from '../support/relay-process.js';
import { needs } from '../support/tools.js';
import { LANGUAGES, Program } from './programs.js';

/** Compilers and virtual machines are slow. In milliseconds. */
const TIMEOUT = 180_000;

/**
 * A host in each language sends the same command in every encoding of its CBOR library: the default, those
 * of its options, and with a key that the command does not have, whose values only that language has. It
 * sends the expected message first.
 */
describe('every encoding of a command is read', { timeout: TIMEOUT }, () => {
  let relay: RelayProcess;

  beforeAll(async () => {
    relay = await RelayProcess.start([]);
  });

  afterAll(() => relay.stop());

  for (const language of LANGUAGES) {
    test(`of a host in ${language.name}`, needs(language.tool), async () => {
      const host = new Program(language, 'encodings', [relay.url]);
      const code = (await host.line()).replace('code ', '');
      const player = await Player.join(relay.url, code);
      const announced: string[] = [];
      let line = await host.line();
      for (; /^(text|bytes) /.test(line); line = await host.line()) announced.push(line);
      expect(line).toBe('closed 1001 The game is done.');
      expect(await player.closed).toEqual({ code: 4000, reason: 'game over' });
      const received = player.inbox.rest.map(
        ({ data, binary }) => `${binary ? 'bytes' : 'text'} ${data}`,
      );
      expect(received).toEqual(announced);
      expect(announced.length).toBeGreaterThan(5);
    });
  }
});
