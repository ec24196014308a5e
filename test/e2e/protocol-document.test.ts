import { once } from 'node:events';
import { decode } from 'cborg';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { CLOSE_REASONS } from '../../src/protocol/close-codes.js';
import { Payload } from '../../src/protocol/payload.js';
import { cborEncoder } from '../../src/protocol/wmbp/cbor-encoder.js';
import { COMMANDS } from '../../src/protocol/wmbp/commands.js';
import { ERROR_CODES } from '../../src/protocol/wmbp/error-codes.js';
import { EVENTS } from '../../src/protocol/wmbp/events.js';
import { readCommand } from '../../src/protocol/wmbp/read-command.js';
import { Client, type Message } from '../support/clients.js';
import { freshMetrics } from '../support/metrics.js';
import { scenarios, table } from '../support/protocol-document.js';
import { receiveOne } from '../support/receive.js';
import { RecordingSink } from '../support/recording-sink.js';
import { startRelay } from '../support/relay.js';

/** One party of a scenario. It records what it receives in the notation of the document. */
class Party extends Client<string> {
  static async connect(url: string): Promise<Party> {
    const party = new Party(new WebSocket(url), (message) => line(message, url));
    await once(party.socket, 'open');
    return party;
  }

  say(what: string): void {
    const [kind = '', ...words] = what.split(' ');
    if (kind === 'bytes') this.send(Buffer.from(words.join(''), 'hex'));
    else if (kind === 'text') this.send(words.join(' '));
    else this.send(what);
  }
}

function line({ data, binary }: Message, url: string): string {
  if (url.includes('/CREATE')) {
    return JSON.stringify(binary ? decode(data) : JSON.parse(data.toString()));
  }
  return binary ? `bytes ${data.toString('hex').replaceAll(/..(?!$)/g, '$& ')}` : `text ${data}`;
}

/** Waits until the relay has noticed the disconnect of the host, and buffers its events. */
async function noHost(http: string): Promise<void> {
  while (!(await freshMetrics(http)).includes('lobby_relay_connections{role="host"} 0\n'));
}

describe('every scenario plays as it is written', () => {
  test.each(scenarios())('$title', async ({ steps }) => {
    const { url, http } = await startRelay({ list: true });
    const parties = new Map<string, Party>();
    let code = 'CODE';
    let token = 'TOKEN';
    const filled = (text: string) => text.replace('CODE', code).replace('TOKEN', token);
    for (const step of steps) {
      const [name = '', verb = '', ...rest] = step.split(' ');
      const what = filled(rest.join(' '));
      if (verb === 'connects') {
        parties.set(name, await Party.connect(url + what));
        continue;
      }
      const party = parties.get(name);
      if (party === undefined) throw new Error(`${name} has not connected: ${step}`);
      if (verb === '→') party.say(what);
      else if (verb === 'leaves') await party.leave();
      else if (step === `${name} loses the connection`) {
        party.cut();
        if (name === 'host') await noHost(http);
      } else if (what.startsWith('close ')) {
        const { code: number, reason } = await party.closed;
        expect(`close ${number} ${reason}`).toBe(what);
        expect(party.inbox.rest).toEqual([]);
      } else {
        const got = await party.next();
        const { key = code, resume = token } = JSON.parse(got.startsWith('{') ? got : '{}');
        code = key;
        token = resume;
        expect(got).toBe(filled(rest.join(' ')));
      }
    }
    for (const [name, party] of parties) expect([name, party.inbox.rest]).toEqual([name, []]);
  });

  test('there are scenarios', () => expect(scenarios().length).toBeGreaterThanOrEqual(5));
});

const hexOf = (cell = '') => Buffer.from(cell.replaceAll(' ', ''), 'hex');

describe('every vector from the host is read as documented', () => {
  test.each(table('CBOR from the host'))('%s', (_, hex, json = '') => {
    const { cmd, to, data, max_players, ...rest } = JSON.parse(json);
    const command = readCommand(hexOf(hex), true);
    if (command.cmd !== 'send' && command.cmd !== 'keep') {
      expect(command).toEqual({ cmd, ...rest, ...(max_players && { maxPlayers: max_players }) });
      return;
    }
    const { key: keep, later } = command.cmd === 'keep' ? command : {};
    expect({ keep, later }).toEqual(rest);
    expect(command.payload?.text).toBe(cmd === 'to_str');
    expect(Buffer.from(command.payload?.bytes ?? [])).toEqual(Buffer.from(data));
    const ids = to.filter((id: unknown) => id !== null);
    expect(command.to).toEqual(to.length === 0 ? 'everybody' : ids);
  });
});

describe('every vector to the host is what the relay sends', () => {
  test.each(table('CBOR to the host'))('%s', (what = '', hex, json = '') => {
    const message = JSON.parse(json);
    const encoder = cborEncoder({ bytes: what.includes('bytes=1') });
    const sink = new RecordingSink();
    const { cmd, from, data } = message;
    const payload = new Payload(Buffer.from(data ?? []), cmd === 'from_str');
    if (cmd === 'from' || cmd === 'from_str') encoder.message(sink, from, payload);
    else encoder.event(sink, message);
    const sent = receiveOne(sink.bytes()).data;
    expect(sent.toString('hex')).toBe(hexOf(hex).toString('hex'));
    const decoded = decode(sent);
    if (decoded.data instanceof Uint8Array) decoded.data = [...decoded.data];
    expect(decoded).toEqual(message);
  });
});

describe('every table is complete', () => {
  test('commands', () => {
    const named = table('### Commands').map(([command = '']) => /cmd:"(\w+)"/.exec(command)?.[1]);
    expect(named).toEqual([...COMMANDS]);
  });

  test('events', () => {
    const named = table('### Events').map(([event = '']) => /cmd:"(\w+)"/.exec(event)?.[1]);
    expect(named).toEqual([...EVENTS]);
  });

  test('errors', () => {
    expect(Object.fromEntries(table('### Errors'))).toEqual(ERROR_CODES);
  });

  test('close codes', () => {
    const rows = Object.values(CLOSE_REASONS).map(({ code, reason, retry }) => [
      `${code}`,
      reason,
      retry,
    ]);
    expect(table('## Close codes')).toEqual(rows);
  });
});
