import { describe, expect, onTestFinished, test } from 'vitest';
import { selfSigned } from '../support/certificate.js';
import { Cli } from '../support/cli.js';
import { Host, joined, Player, seatKey, seatOf } from '../support/clients.js';
import { type ClusterRelay, TestCluster } from '../support/cluster.js';
import { NATS, NatsServer } from '../support/nats.js';
import { greet, letters, outcomes, statuses, tries } from '../support/outcomes.js';
import { SdkPage } from '../support/sdk-pages.js';
import { needs } from '../support/tools.js';

type Pair = [ClusterRelay, ClusterRelay];

async function pair(args: readonly string[] = []) {
  const cluster = await TestCluster.start(['one', 'two'], args);
  const [home, edge] = cluster.relays as Pair;
  return { cluster, home, edge };
}

/** Opens a room at a relay with this `prepare`. */
async function open({ url }: ClusterRelay, more: object): Promise<Host> {
  const host = await Host.connect(url);
  host.command({ cmd: 'prepare', max_players: 8, ...more });
  const { key, resume = '' } = await host.until('prepare_reply');
  return Object.assign(host, { code: key, token: resume });
}

/** Codes of no room, in the block of this one. */
function wrongCodes(code: string, count: number): string[] {
  return Array.from({ length: count + 1 }, (_, i) => `${code.slice(0, 2)}${letters(i).slice(1)}`)
    .filter((other) => other !== code)
    .slice(0, count);
}

describe('a room of another relay', needs(NATS), () => {
  test('has players at both, who speak, hear, are kicked and leave alike', async () => {
    const { home, edge } = await pair();
    const host = await Host.open(home.url);
    const near = await joined(home.url, host);
    const far = await joined(edge.url, host);
    far.send('text');
    expect(await host.next()).toEqual({ cmd: 'from_str', from: far.id, data: 'text' });
    far.send(new Uint8Array([1, 2, 3]));
    expect(await host.next()).toMatchObject({ cmd: 'from', from: far.id });
    host.command({ cmd: 'to_str', to: [], data: 'everybody' });
    expect([await near.nextText(), await far.nextText()]).toEqual(['everybody', 'everybody']);
    host.command({ cmd: 'to', to: [far.id], data: new Uint8Array([4]) });
    expect(await far.next()).toEqual({ data: Buffer.from([4]), binary: true });
    host.command({ cmd: 'kick', player: far.id, reason: 'bye' });
    expect(await far.closed).toEqual({ code: 4003, reason: 'bye' });
    const other = await joined(edge.url, host);
    await other.leave();
    expect(await host.until('player_left')).toMatchObject({ player: other.id });
    host.command({ cmd: 'stop' });
    expect(await near.closed).toMatchObject({ code: 4000 });
  });

  test('keeps the order of 2,000 messages in both directions, of up to 1 MiB', async () => {
    const { home, edge } = await pair();
    const host = await Host.open(home.url);
    const player = await joined(edge.url, host);
    const count = 2000;
    const textOf = (number: number): string =>
      `${number} ${'x'.repeat(number % 100 === 0 ? 1 << 20 : number % 50)}`;
    for (let number = 0; number < count; number++) {
      player.send(textOf(number));
      host.command({ cmd: 'to_str', to: [player.id], data: textOf(number) });
    }
    for (let number = 0; number < count; number++) {
      expect((await host.until('from_str')).data).toBe(textOf(number));
      expect(await player.nextText()).toBe(textOf(number));
    }
  });

  test('refuses as its own relay does, and counts wrong passwords and codes', async () => {
    const { home, edge } = await pair(['--limit-loopback', '--misses-per-minute', '4']);
    const host = await open(home, { password: 'tea', max_players: 1, hold: 60 });
    const codeOf = async (path: string): Promise<number> =>
      (await Player.connect(edge.url, path).closed).code;
    expect(await codeOf(`${host.code}?password=a`)).toBe(4011);
    expect(await codeOf(`${host.code}?password=tea&seat=x`)).toBe(1008);
    await Player.join(edge.url, `${host.code}?password=tea`);
    await host.until('player_joined');
    expect(await codeOf(`${host.code}?password=tea`)).toBe(4007);
    for (const wrong of ['b', 'c', 'd']) {
      expect(await codeOf(`${host.code}?password=${wrong}`)).toBe(4011);
    }
    await expect.poll(() => codeOf(`${host.code}?password=e`)).toBe(4029);
  });

  test.each(['code', 'password'])(
    'counts wrong %ss that come at the same moment',
    async (secret) => {
      const { home, edge } = await pair(['--limit-loopback', '--misses-per-minute', '10']);
      const { code } = await open(home, { password: 'tea' });
      const passwords = Array.from({ length: 30 }, (_, index) => `${code}?password=${index}`);
      const paths = secret === 'code' ? wrongCodes(code, 30) : passwords;
      const wrong = secret === 'code' ? 4004 : 4011;
      expect(await outcomes(tries(edge.url, paths, 30))).toEqual({ [wrong]: 10, 4029: 20 });
    },
  );

  test('counts wrong codes of plain requests that come at the same moment', async () => {
    const { home, edge } = await pair(['--limit-loopback', '--misses-per-minute', '10']);
    const { code } = await Host.open(home.url);
    expect(await statuses(edge.http, wrongCodes(code, 30))).toEqual({ 404: 10, 429: 20 });
  });

  test('lets very many players of one address in at the same moment', async () => {
    const { home, edge } = await pair(['--limit-loopback']);
    const host = await Host.connect(home.url);
    host.command({ cmd: 'prepare', max_players: 200, password: 'tea' });
    const { key } = await host.until('prepare_reply');
    void greet(host);
    expect(await outcomes(tries(edge.url, [`${key}?password=tea`], 200))).toEqual({ 0: 200 });
  });

  test('lets a player with a key come back by either relay', async () => {
    const { home, edge } = await pair();
    const host = await Host.open(home.url, { hold: 60 });
    const key = seatKey();
    let player = await joined(edge.url, host, key);
    for (const relay of [home, edge, edge, home]) {
      player.cut();
      await host.until('player_away');
      host.command({ cmd: 'to_str', to: [1], data: 'while away' });
      player = Object.assign(await Player.join(relay.url, seatOf(host, key)), { id: 1 });
      expect(await host.until('player_back')).toMatchObject({ player: 1 });
      expect(await player.nextText()).toBe('while away');
    }
  });

  test('asks its host about players, and has an audience, values and round-trip times', async () => {
    const { home, edge } = await pair();
    const more = { hold: 60, audience: 5, about: true, ask: true, times: 1 };
    const host = await open(home, more);
    host.command({ cmd: 'to_str', to: [], keep: 'scene', data: 'night', audience: true });
    const player = await Player.join(edge.url, `${host.code}?about=Ana`);
    const { player: id, about } = await host.until('player_asks');
    expect(about).toBe('Ana');
    player.send('held');
    host.command({ cmd: 'admit', player: id });
    expect(await host.until('from_str')).toMatchObject({ from: id, data: 'held' });
    expect(await player.nextText()).toBe('night');
    const viewer = await Player.join(edge.url, `${host.code}?as=audience`);
    expect(await viewer.nextText()).toBe('night');
    host.command({ cmd: 'to_str', to: [], audience: 'only', data: 'for viewers' });
    expect(await viewer.nextText()).toBe('for viewers');
    expect(await host.until('audience')).toMatchObject({ count: 1 });
    const { players } = await host.until('times');
    expect(players).toEqual([[id, expect.any(Number)]]);
    viewer.cut();
    await expect.poll(async () => (await host.until('audience')).count).toBe(0);
  });

  test('is described, listed and found by all relays', async () => {
    const { home, edge } = await pair(['--list']);
    const host = await open(home, { name: 'Tea', list: 'games', hold: 60 });
    const key = seatKey();
    await joined(edge.url, host, key);
    for (const { http } of [home, edge]) {
      expect(await (await fetch(`${http}/${host.code}`)).text()).toBe('Tea');
      const described = await fetch(`${http}/${host.code}?format=json&seat=${key}`);
      expect(await described.json()).toMatchObject({ players: 1, seat: 'connected' });
      const listed = (await (await fetch(`${http}/rooms/games`)).json()) as object[];
      expect(listed).toMatchObject([{ code: host.code, name: 'Tea' }]);
      expect((await fetch(`${http}/ZZZZ`)).status).toBe(404);
    }
    for (const { url } of [edge, home]) {
      await Player.join(url, 'ANY?list=games');
      await host.until('player_joined');
    }
  });

  test('has a code that no other relay gives', async () => {
    const { home, edge } = await pair(['--custom-codes']);
    const hosts = await Promise.all(
      [home, edge, home, edge].map((relay) => open(relay, { code: 'FISH' })),
    );
    expect(hosts.filter(({ code }) => code === 'FISH')).toHaveLength(1);
    expect(new Set(hosts.map(({ code }) => code)).size).toBe(4);
  });

  test('has a drawn code, however many codes have been chosen', async () => {
    const limits = ['--max-rooms', '3000', '--rooms-per-minute', '0', '--max-connections', '3000'];
    const cluster = await TestCluster.start(['one'], ['--custom-codes', ...limits]);
    const [relay] = cluster.relays as [ClusterRelay];
    for (const letter of 'BCDFGHJKLMNPQRSTVWXZ') await open(relay, { code: `A${letter}LE` });
    // Half of the codes of eight blocks.
    for (let rooms = 0; rooms <= 1600; rooms += 50) {
      await Promise.all(Array.from({ length: 50 }, () => Host.open(relay.url)));
    }
    expect(await relay.metric('cluster_blocks')).toBeGreaterThan(8);
  });

  test('pauses a host that sends faster than players at another relay read', async () => {
    const { home, edge } = await pair(['--player-backlog', '256MiB', '--stall', '60']);
    const host = await Host.open(home.url);
    const player = await joined(edge.url, host);
    const chunk = new Uint8Array(1 << 20).fill(7);
    const count = 64;
    for (let number = 0; number < count; number++) {
      host.command({ cmd: 'to', to: [], data: chunk });
    }
    let received = 0;
    while (received < count) {
      expect((await player.next()).data.length).toBe(chunk.length);
      received++;
    }
  });

  test('has players of a relay that does TLS itself', async () => {
    const certificate = selfSigned();
    onTestFinished(() => certificate.remove());
    const cluster = await TestCluster.start(['one']);
    const tls = ['--tls-cert', certificate.cert, '--tls-key', certificate.key];
    const edge = await cluster.add('two', tls);
    const host = await Host.open((cluster.relays[0] as ClusterRelay).url);
    const player = (): Player =>
      Player.connect(edge.url.replace('ws:', 'wss:'), host.code, { rejectUnauthorized: false });
    void greet(host);
    // The relays may not know each other yet.
    await expect.poll(() => outcomes([player()])).toEqual({ 0: 1 });
    expect(await outcomes([player(), player()])).toEqual({ 0: 2 });
  });

  test('works with pages of the SDK at both', async () => {
    const { home, edge } = await pair();
    const page = new SdkPage();
    const room = await page.createRoom(home.url, { hold: 60 });
    const heard: unknown[] = [];
    const whenAll = new Promise<void>((resolve) => {
      room.on('message', (_, data) => {
        if (heard.push(data) === 20) resolve();
      });
    });
    const phone = new SdkPage();
    const seat = await phone.joinRoom(edge.url, room.code);
    for (let number = 0; number < 20; number++) {
      seat.send(`${number}`);
      if (number === 10) phone.breakConnection();
    }
    await whenAll;
    expect(heard).toEqual(Array.from({ length: 20 }, (_, number) => `${number}`));
  });
});

describe('the start of a relay in a cluster', () => {
  const start = (...args: string[]) => new Cli(['--host', '127.0.0.1', '--port', '0', ...args]);

  test.each([
    [['--cluster', 'x'], 2, '--cluster: expected the URL of a NATS server'],
    [['--cluster', 'nats://127.0.0.1:2'], 1, '--cluster: cannot connect to NATS at nats://127'],
    [['--cluster', 'nats://u:p@127.0.0.1:2'], 1, '--cluster: cannot connect to NATS at nats://127'],
    [['--cluster', 'nats://127.0.0.1:2', '--workers', '2'], 2, '--workers: not with --cluster'],
    [['--cluster-name', 'a b'], 2, '--cluster-name: expected up to 64 letters'],
    [['--node-url', 'one.example'], 2, '--node-url: expected a URL such as wss://one.'],
    [['--node-url', `wss://one.example/${'x'.repeat(106)}`], 2, 'of at most 123 characters'],
    [['--letters', 'A'], 2, '--letters: expected letters that codes begin with'],
  ])('%s is an error of one line, without secrets', async (args, status, message) => {
    const { code, stderr } = await start(...args).exited;
    expect(stderr).toMatch(/^lobby-relay: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(stderr).not.toContain('u:p');
    expect(code).toBe(status);
  });

  test('without JetStream is an error of one line', needs(NATS), async () => {
    const { url } = await NatsServer.start();
    const { code, stderr } = await start('--cluster', url).exited;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^lobby-relay: --cluster: cannot use the bucket [^\n]+\n$/);
  });

  test('with the name of another one is an error of one line', needs(NATS), async () => {
    const { nats, name } = await TestCluster.start(['one']);
    const args = ['--cluster', nats.url, '--cluster-name', name, '--node', 'one'];
    const { code, stderr } = await start(...args).exited;
    expect(code).toBe(1);
    expect(stderr).toBe(
      'lobby-relay: --cluster: another relay with the name one is running; choose another --node\n',
    );
  });

  test('with letters draws codes that begin with them', needs(NATS), async () => {
    const cluster = await TestCluster.start([]);
    const relay = await cluster.add('one', ['--letters', 'bx']);
    for (let count = 0; count < 20; count++) {
      expect((await Host.open(relay.url)).code).toMatch(/^[BX]/);
    }
  });
});
