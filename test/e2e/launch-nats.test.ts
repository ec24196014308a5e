import { jetstreamManager } from '@nats-io/jetstream';
import { describe, expect, test } from 'vitest';
import type { NatsConfig } from '../../src/launch/config/launch-config.js';
import { Secret } from '../../src/launch/config/secret.js';
import type { Fleet } from '../../src/launch/fleet.js';
import type { Launcher } from '../../src/launch/launcher.js';
import { Buckets } from '../../src/launch/nats/buckets.js';
import type { NatsObserver } from '../../src/launch/nats/nats-link.js';
import { NatsSessions } from '../../src/launch/nats/nats-sessions.js';
import { loadNats } from '../../src/launch/nats/packages.js';
import { Reaper } from '../../src/launch/nats/reaper.js';
import { Runs } from '../../src/launch/nats/runs.js';
import { BevygapLauncher, serveContexts } from '../support/bevygap-servers.js';
import { Cable } from '../support/cable.js';
import { FakeLauncher } from '../support/fake-launcher.js';
import {
  gameConfig,
  LITTLE_ENDIAN_TOKEN,
  settle,
  TestPlayer,
  testFleet,
} from '../support/fleet.js';
import { freePort } from '../support/free-port.js';
import { Inbox } from '../support/inbox.js';
import { NATS, NatsServer, TestBuckets } from '../support/nats.js';
import { TestTimers } from '../support/test-timers.js';
import { needs } from '../support/tools.js';

const DIGEST = Array(32).fill('e3').join(':');
const OTHER_DIGEST = Array(32).fill('4a').join(':');

/** The ids of sessions of a relay that has ended, and of a Bevygap matchmaker. */
const LOST_SESSION = `${'0'.repeat(16)}-${'1'.repeat(24)}`;
const FOREIGN_SESSION = '950dd2eaff09-S';

/** Records the events of the connection to NATS. */
class Connection implements NatsObserver {
  readonly events = new Inbox<string>();

  natsLost(): void {
    this.events.put('lost');
  }

  natsRestored(): void {
    this.events.put('restored');
  }

  natsFailed(error: unknown): void {
    this.events.put(String(error));
  }
}

function configOf(url: string, changes: Partial<NatsConfig> = {}): NatsConfig {
  const nothing = { password: undefined, credentials: undefined, tls: undefined };
  return { url, user: undefined, serverHost: undefined, ...nothing, ...changes };
}

/** A fleet of one game with sessions in NATS, whose clock the test advances. */
async function natsFleet<L extends Launcher>(url: string, launcher: L, changes = {}) {
  const timers = new TestTimers();
  const connection = new Connection();
  const config = configOf(url);
  const store = new NatsSessions(config, connection, timers);
  const relayUrl = await serveContexts(() => parts.fleet);
  const ports = { first: await freePort(), last: 0 };
  ports.last = ports.first + 1;
  const game = gameConfig({ ready: 'nats', token: LITTLE_ENDIAN_TOKEN, ports, ...changes });
  const parts = testFleet([game], launcher, { timers, store, nats: config, relayUrl });
  await parts.fleet.open();
  return { ...parts, timers, connection, store };
}

/** A fleet whose servers behave like those made with Bevygap's plugin. */
async function bevygapFleet(nats: NatsServer, changes = {}) {
  const buckets = new TestBuckets(await nats.connect());
  return { buckets, ...(await natsFleet(nats.url, new BevygapLauncher(), changes)) };
}

/** A player who has a place, and the id in the player's token. */
async function playerWithPlace({ fleet }: Awaited<ReturnType<typeof bevygapFleet>>) {
  const player = new TestPlayer(fleet);
  await player.answered;
  expect(player.error).toBeUndefined();
  const client = fleet.sessions.get(player.session)?.client ?? 0n;
  return { player, client };
}

/** A player who has connected to its server. */
async function connectedPlayer(parts: Awaited<ReturnType<typeof bevygapFleet>>, server = 0) {
  const { player, client } = await playerWithPlace(parts);
  await parts.launcher.at(server).tell('connect', client);
  await expect.poll(() => parts.fleet.sessions.get(player.session)?.state).toBe('claimed');
  return { player, client };
}

describe('NATS at the start', () => {
  test('that is not running is an error of one line', async () => {
    const url = `nats://127.0.0.1:${await freePort()}`;
    const opened = natsFleet(url, new FakeLauncher());
    await expect(opened).rejects.toThrow(/^cannot connect to NATS at nats:\S+: [^\n]+$/);
  });

  test('without JetStream is an error of one line', needs(NATS), async () => {
    const { url } = await NatsServer.start();
    const opened = natsFleet(url, new FakeLauncher());
    await expect(opened).rejects.toThrow(/^cannot use JetStream of NATS at \S+: [^\n]+$/);
  });

  test(
    'that refuses the login is an error of one line without the password',
    needs(NATS),
    async () => {
      const { url } = await NatsServer.start('-js', '--user', 'relay', '--pass', 'right');
      const config = configOf(url, { user: 'relay', password: new Secret('wrong') });
      const store = new NatsSessions(config, new Connection());
      const { fleet } = testFleet([gameConfig()], new FakeLauncher(), {
        timers: new TestTimers(),
        store,
      });
      const error = await fleet.open().catch((reason: unknown) => reason);
      expect(String(error)).toMatch(/^NatsError: cannot connect to NATS at \S+: .*uthoriz[^\n]*$/);
      expect(String(error)).not.toContain('wrong');
    },
  );

  test('with a bucket that has other settings is an error of one line', needs(NATS), async () => {
    const nats = await NatsServer.start('-js');
    const manager = await jetstreamManager(await nats.connect());
    await manager.streams.add({ name: 'KV_cert_digests', subjects: ['$KV.cert_digests.>'] });
    const opened = natsFleet(nats.url, new FakeLauncher());
    await expect(opened).rejects.toThrow(
      'cannot use the stream KV_cert_digests of NATS: it exists with other settings than those of Bevygap',
    );
  });

  test(
    'leaves nothing behind if the relay is closed before it is connected',
    needs(NATS),
    async () => {
      const nats = await NatsServer.start('-js');
      const timers = new TestTimers();
      const store = new NatsSessions(configOf(nats.url), new Connection(), timers);
      const { fleet } = testFleet([gameConfig()], new FakeLauncher(), { timers, store });
      const opening = fleet.open();
      await fleet.close();
      await opening;
      expect([store.isAvailable, timers.running]).toEqual([false, 0]);
    },
  );

  test('is needed only by games that use it', async () => {
    const timers = new TestTimers();
    const store = new NatsSessions(configOf('nats://127.0.0.1:1'), new Connection(), timers);
    const games = [gameConfig({ ready: 'nats' }), gameConfig({ name: 'other' })];
    const { fleet, launcher } = testFleet(games, new FakeLauncher(), { timers, store });
    const refused = new TestPlayer(fleet);
    const other = new TestPlayer(fleet, undefined, 'other');
    await settle();
    launcher.at(0).run();
    await settle();
    expect(refused.events).toEqual(['503 sessions cannot be stored now']);
    expect(other.place).toBeDefined();
  });
});

describe('buckets (case 14)', needs(NATS), () => {
  /** The settings of all streams in NATS. */
  async function settings(nats: NatsServer): Promise<unknown[]> {
    const manager = await jetstreamManager(await nats.connect());
    const all = await manager.streams.list().next();
    return all.map(({ config }) => config).toSorted((a, b) => a.name.localeCompare(b.name));
  }

  test('that the relay has created are accepted by a game server', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats);
    const before = await settings(nats);
    expect(before).toHaveLength(6);
    await playerWithPlace(parts);
    expect(await settings(nats)).toEqual(before);
  });

  test('that a game server has created are accepted by the relay', async () => {
    const first = await NatsServer.start('-js');
    await natsFleet(first.url, new FakeLauncher());
    const nats = await NatsServer.start('-js');
    const config = configOf(nats.url);
    const relayUrl = await serveContexts((): Fleet => alone.fleet);
    const parts = { timers: new TestTimers(), nats: config, relayUrl };
    const alone = testFleet([gameConfig()], new BevygapLauncher(), parts);
    const contexts = (await nats.connect()).subscribe('gameserver.contexts', { max: 1 });
    new TestPlayer(alone.fleet);
    for await (const _ of contexts) break;
    await natsFleet(nats.url, new FakeLauncher());
    expect(await settings(nats)).toEqual(await settings(first));
  });
});

describe('a game server made with Bevygap', needs(NATS), () => {
  test('finds the session of a player who has a place, and reports the player', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats);
    const { fleet, launcher, buckets } = parts;
    const { player, client } = await playerWithPlace(parts);
    expect(player.place).toMatchObject({ ip: '127.0.0.1', certDigest: DIGEST });
    expect(await buckets.value('sessions_ly2eg', `${client}`)).toBe(player.session);
    expect(await buckets.value('sessions_eg2ly', player.session)).toBe(`${client}`);
    expect(await buckets.value('unclaimed_sessions', player.session)).toBe(player.session);
    await launcher.at(0).tell('connect', client);
    await buckets.until('unclaimed_sessions', player.session, false);
    expect(fleet.sessions.get(player.session)?.state).toBe('claimed');
    await launcher.at(0).tell('disconnect', client);
    await expect.poll(() => fleet.sessions.size).toBe(0);
    expect(await buckets.keys('active_connections')).toEqual([]);
  });

  test('has its own digest, beside another on the same address (case 13)', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats, { players: 1 });
    parts.launcher.digests.push(DIGEST, OTHER_DIGEST);
    const [first, second] = await Promise.all([playerWithPlace(parts), playerWithPlace(parts)]);
    expect(first.player.place).toMatchObject({ certDigest: DIGEST });
    expect(second.player.place).toMatchObject({ certDigest: OTHER_DIGEST });
  });

  test('that crashes ends its sessions, and their entries are deleted', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats);
    const { player } = await connectedPlayer(parts);
    await parts.launcher.at(0).stop();
    await parts.buckets.until('active_connections', player.session, false);
    expect(parts.fleet.sessions.size).toBe(0);
  });

  test('loses the entry of a seat that is not claimed in time (case 9)', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats);
    const { player } = await playerWithPlace(parts);
    parts.timers.pass(32);
    expect(parts.fleet.sessions.size).toBe(0);
    await parts.buckets.until('unclaimed_sessions', player.session, false);
  });

  test('has no entries when the relay has closed', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats);
    await connectedPlayer(parts);
    await playerWithPlace(parts);
    await parts.fleet.close();
    expect(await parts.buckets.keys('active_connections')).toEqual([]);
    expect(await parts.buckets.keys('unclaimed_sessions')).toEqual([]);
    expect(parts.timers.running).toBe(0);
  });
});

test(
  'the digest of a server at a known address may have been stored before',
  needs(NATS),
  async () => {
    const nats = await NatsServer.start('-js');
    const { fleet, launcher } = await natsFleet(nats.url, new FakeLauncher(), { ports: undefined });
    const digests = await new TestBuckets(await nats.connect()).open('cert_digests');
    await digests.put('203.0.113.7', DIGEST);
    const before = new TestPlayer(fleet);
    await settle();
    launcher.at(0).run();
    await before.answered;
    expect(before.place).toMatchObject({ ip: '203.0.113.7', certDigest: DIGEST });
    fleet.sessionReleased(before.session);
  },
);

describe('NATS that is not available', needs(NATS), () => {
  test('causes errors 503, and running games are not affected', async () => {
    const nats = await NatsServer.start('-js');
    const { fleet, launcher, connection } = await natsFleet(nats.url, new FakeLauncher());
    const buckets = new TestBuckets(await nats.connect());
    const player = new TestPlayer(fleet);
    await settle();
    launcher.at(0).run();
    fleet.servers
      .find(launcher.at(0).spec.id)
      ?.reportReady({ ip: undefined, port: undefined, certDigest: DIGEST });
    await player.answered;
    await (await buckets.open('active_connections')).put(player.session, '1');
    await expect.poll(() => fleet.sessions.get(player.session)?.state).toBe('claimed');
    await nats.kill();
    expect(await connection.events.next()).toBe('lost');
    expect(fleet.isStoreAvailable).toBe(false);
    const refused = new TestPlayer(fleet);
    await refused.answered;
    expect(refused.error?.status).toBe(503);
    expect(fleet.sessions.get(player.session)?.state).toBe('claimed');
    expect(launcher.at(0).stops).toBe(0);
    await nats.run();
    expect(await connection.events.next()).toBe('restored');
    const again = new TestPlayer(fleet);
    await again.answered;
    expect(again.place).toBeDefined();
    expect(fleet.sessions.size).toBe(2);
  });

  test('does not prevent that a player who leaves meanwhile is noticed', async () => {
    const nats = await NatsServer.start('-js');
    const cable = await Cable.to(Number(new URL(nats.url).port));
    const url = `nats://127.0.0.1:${cable.port}`;
    const { fleet, launcher, connection } = await natsFleet(url, new FakeLauncher());
    const buckets = new TestBuckets(await nats.connect());
    const active = await buckets.open('active_connections');
    const player = new TestPlayer(fleet);
    await settle();
    launcher.at(0).run();
    fleet.servers
      .find(launcher.at(0).spec.id)
      ?.reportReady({ ip: undefined, port: undefined, certDigest: DIGEST });
    await player.answered;
    await active.put(player.session, '1');
    await expect.poll(() => fleet.sessions.get(player.session)?.state).toBe('claimed');
    cable.cut();
    expect(await connection.events.next()).toBe('lost');
    await active.delete(player.session);
    await expect.poll(() => fleet.sessions.size).toBe(0);
  });
});

describe('orphaned entries', needs(NATS), () => {
  test('of a relay that has ended are deleted after a minute, and no others', async () => {
    const nats = await NatsServer.start('-js');
    const other = await bevygapFleet(nats);
    const { player } = await connectedPlayer(other);
    const { buckets } = other;
    const active = await buckets.open('active_connections');
    const unclaimed = await buckets.open('unclaimed_sessions');
    for (const session of [LOST_SESSION, FOREIGN_SESSION]) {
      await active.put(session, '1');
      await unclaimed.put(session, session);
    }
    const { timers } = await natsFleet(nats.url, new FakeLauncher());
    timers.pass(60);
    await buckets.until('unclaimed_sessions', LOST_SESSION, false);
    expect(await buckets.keys('unclaimed_sessions')).toEqual([FOREIGN_SESSION]);
    expect((await buckets.keys('active_connections')).toSorted()).toEqual(
      [FOREIGN_SESSION, player.session].toSorted(),
    );
  });

  test('of this relay are deleted at the next sweep', async () => {
    const nats = await NatsServer.start('-js');
    const parts = await bevygapFleet(nats);
    const { player, client } = await playerWithPlace(parts);
    parts.timers.pass(32);
    await parts.launcher.at(0).tell('connect', client);
    expect(await parts.buckets.keys('active_connections')).toEqual([player.session]);
    parts.timers.pass(60);
    await parts.buckets.until('active_connections', player.session, false);
  });

  test('leave delete markers, which are removed after an hour', async () => {
    const nats = await NatsServer.start('-js');
    const connection = await nats.connect();
    const packages = await loadNats();
    const buckets = await Buckets.open(connection, packages, () => {});
    for (const session of [LOST_SESSION, FOREIGN_SESSION]) {
      await buckets.put('active_connections', session, '1');
      await buckets.delete('active_connections', session);
    }
    const empty = { sessions: new Map(), servers: { find: () => undefined } };
    const fleet = { ...empty, sessionClaimed() {}, sessionReleased() {} };
    const reaper = new Reaper(fleet, 'a'.repeat(16));
    const runs = new Runs(connection, packages, 'a'.repeat(16));
    const testBuckets = new TestBuckets(connection);
    const MINUTES = 60_000;
    await reaper.sweep(buckets, runs, Date.now() + 59 * MINUTES);
    expect(await testBuckets.messages('active_connections')).toBe(2);
    await reaper.sweep(buckets, runs, Date.now() + 61 * MINUTES);
    expect(await testBuckets.messages('active_connections')).toBe(1);
    buckets.close();
  });
});
