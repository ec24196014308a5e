import { randomBytes } from 'node:crypto';
import type { NatsConnection } from '@nats-io/transport-node';
import { describe, expect, test } from 'vitest';
import { writeHead } from '../../src/cluster/wire/head.js';
import { FIRST_BYTE, FIRST_NUMBER, FLAG, HEAD_BYTES, plus } from '../../src/cluster/wire/wire.js';
import { Host, joined, Player } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { NATS } from '../support/nats.js';
import { needs } from '../support/tools.js';

/** A relay with a listed room, and a client of its NATS. */
async function attacked() {
  const cluster = await TestCluster.start(['one', 'two'], ['--list']);
  const [home, edge] = cluster.relays as [ClusterRelay, ClusterRelay];
  const host = await openListed(home, 'a list');
  const nats = await cluster.nats.connect();
  return { cluster, home, edge, host, nats };
}

async function openListed({ url }: ClusterRelay, listing: string): Promise<Host> {
  const host = await Host.connect(url);
  host.command({ cmd: 'prepare', max_players: 1000, name: listing, list: 'games', listing });
  const { key } = await host.until('prepare_reply');
  return Object.assign(host, { code: key });
}

/** The relay serves what it has served before. */
async function isWell(relay: ClusterRelay, host: Host): Promise<void> {
  const player = await joined(relay.url, host);
  player.send('well');
  expect(await host.until('from_str')).toMatchObject({ data: 'well' });
  expect(relay.lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  expect(relay.cli.isRunning).toBe(true);
}

/** The run of a relay: a random token that is part of its subjects. */
async function runsOf(nats: NatsConnection, name: string): Promise<Map<string, string>> {
  const runs = new Map<string, string>();
  for await (const message of nats.subscribe(`lr.${name}.beat`)) {
    const { node, run } = message.json<{ node: string; run: string }>();
    runs.set(node, run);
    if (runs.size === 2) break;
  }
  return runs;
}

const QUESTIONS = ['describe', 'listNumber', 'list', 'quickJoin'];
const FIELDS = [
  {},
  [],
  { list: 'games' },
  { list: 'games', address: 5, seat: {} },
  { list: {}, code: [], address: null },
  { list: 'games', most: '1e9', before: {} },
  { list: 'games', most: 1e9, before: null },
  { code: { toString: 1 }, seat: 7 },
];
const NO_QUESTIONS = [
  'null',
  '{',
  '5',
  '"x"',
  '[]',
  '{"question":"constructor","ask":{}}',
  '{"question":"__proto__","ask":{}}',
  '{"question":{"toString":1,"valueOf":1},"ask":{}}',
  '{"question":["describe"],"ask":{}}',
  '{"__proto__":{"question":"list"},"ask":{}}',
  '['.repeat(500_000),
  `{"question":${'['.repeat(200_000)}${']'.repeat(200_000)},"ask":{}}`,
];

/** A batch with a valid head, and frames that mean nothing. */
function garbage(from: number): Buffer {
  const batch = randomBytes(HEAD_BYTES + (from % 200));
  const [number, acknowledged, credit] = [FIRST_NUMBER, plus(FIRST_NUMBER, -1), FIRST_BYTE];
  writeHead({ flags: FLAG.frames, from, to: 0, number, acknowledged, credit }, batch);
  if (batch.length > HEAD_BYTES) batch[HEAD_BYTES] = from % 16;
  return batch;
}

const ANSWERS = [
  ...NO_QUESTIONS,
  '{}',
  '[null]',
  '[5]',
  '[{"number":1}]',
  '[{"number":"1","json":{}}]',
  '{"code":5,"hasSeat":true,"share":1,"number":1}',
  '{"code":{},"hasSeat":true,"share":9,"number":0}',
  '{"code":"BCDF","hasSeat":true,"share":"9"}',
  '{"name":5,"json":5}',
];

describe('messages of other clients of NATS', needs(NATS), () => {
  test('that ask nonsense cost nothing', async () => {
    const { cluster, home, host, nats } = await attacked();
    const run = (await runsOf(nats, cluster.name)).get('one');
    const asked = QUESTIONS.flatMap((question) =>
      FIELDS.map((ask) => JSON.stringify({ question, ask })),
    );
    for (const text of [...NO_QUESTIONS, ...asked]) {
      nats.publish(`lr.${cluster.name}.${run}.ask`, text, { reply: 'nobody' });
    }
    await nats.flush();
    await isWell(home, host);
  });

  test('that answer nonsense cost nothing but their rooms', async () => {
    const { cluster, home, edge, host, nats } = await attacked();
    const beat = { run: 'forged', node: 'forged', url: '', rooms: 1, load: 0 };
    const known = { ...beat, isDraining: false, clock: 0, version: 1 };
    let answer = '';
    nats.subscribe(`lr.${cluster.name}.forged.*`, {
      callback: (_, message) => void message.respond(answer),
    });
    nats.publish(`lr.${cluster.name}.beat`, JSON.stringify(known));
    await cluster.whenAllKnow(3);
    for (answer of ANSWERS) {
      nats.publish(`lr.${cluster.name}.beat`, JSON.stringify(known));
      const page = await fetch(`${edge.http}/rooms/games?after=${host.code}`);
      expect([answer, page.status]).toEqual([answer, 200]);
      const player = Player.connect(edge.url, 'ANY?list=games');
      expect(await host.until('player_joined')).toBeDefined();
      player.cut();
    }
    await isWell(home, host);
    await isWell(edge, host);
  });

  test('that are neither beats nor batches cost nothing', async () => {
    const { cluster, home, host, nats } = await attacked();
    const run = (await runsOf(nats, cluster.name)).get('one');
    for (const text of NO_QUESTIONS) {
      for (const subject of [
        'beat',
        `${run}.ping`,
        `${run}.link.some`,
        `${run}.link.constructor`,
      ]) {
        nats.publish(`lr.${cluster.name}.${subject}`, text, { reply: 'nobody' });
      }
    }
    for (let from = 1; from < 500; from++) {
      nats.publish(`lr.${cluster.name}.${run}.link.some`, garbage(from));
    }
    await nats.flush();
    await isWell(home, host);
  });
});

describe('a list of rooms', needs(NATS), () => {
  test('is whole at every relay, even if it takes more than a message of NATS', async () => {
    const cluster = await TestCluster.start(['one', 'two'], ['--list', '--max-rooms', '200']);
    const [home, edge] = cluster.relays as [ClusterRelay, ClusterRelay];
    // JSON writes each of these characters as six.
    const hosts = Array.from({ length: 100 }, () => openListed(home, '\u0001'.repeat(1024)));
    const codes = (await Promise.all(hosts)).map(({ code }) => code);
    const page = await fetch(`${edge.http}/rooms/games`);
    const listed = (await page.json()) as { code: string }[];
    expect(listed.map(({ code }) => code).toSorted()).toEqual(codes.toSorted());
    expect(home.cli.isRunning).toBe(true);
  });
});
