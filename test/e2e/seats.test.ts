import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Host, joined, Player, seatKey, seatOf } from '../support/clients.js';
import { Inbox } from '../support/inbox.js';
import { freshMetrics } from '../support/metrics.js';
import { startProgram } from '../support/program.js';
import { frame, OPCODE, RawClient, upgradeRequest } from '../support/raw-client.js';
import { nobodyCanJoin, startRelay } from '../support/relay.js';

const PHONE = fileURLToPath(new URL('programs/returning-phone.ts', import.meta.url));

/** Longer than any test, in seconds. */
const LONG = 300;

describe('a player with a seat key', () => {
  test('is disconnected after losing the connection, and the same player after reconnecting', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    const before = await joined(url, host, key);
    before.cut();
    expect(await host.next()).toEqual({ cmd: 'player_away', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [1], away: [1] });
    const player = await Player.join(url, seatOf(host, key));
    expect(await host.next()).toEqual({ cmd: 'player_back', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [1], away: [] });
    player.send('here again');
    expect(await host.next()).toEqual({ cmd: 'from_str', from: 1, data: 'here again' });
  });

  test('gets buffered messages in order, before newer ones, and none twice', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const [key, other] = [seatKey(), seatKey()];
    const before = await joined(url, host, key);
    const present = await joined(url, host, other);
    for (let round = 0; round < 3; round++) {
      const gone = round === 0 ? before : await Player.join(url, seatOf(host, key));
      if (round > 0) await host.until('player_back');
      gone.cut();
      await host.until('player_away');
      for (let i = 0; i < 20; i++) {
        const to = [[], [1], [2, 1, 1]][i % 3] as number[];
        host.command({ cmd: 'to_str', to, data: `${round} ${i}` });
      }
      host.command({ cmd: 'to', to: [], data: Uint8Array.of(round) });
      host.command({ cmd: 'to_str', to: [2], data: 'not for 1' });
      const player = await Player.join(url, seatOf(host, key));
      expect(await host.until('player_back')).toEqual({ cmd: 'player_back', player: 1 });
      host.command({ cmd: 'to_str', to: [1], data: 'newer' });
      for (let i = 0; i < 20; i++) expect(await player.nextText()).toBe(`${round} ${i}`);
      expect(await player.next()).toEqual({ binary: true, data: Buffer.of(round) });
      expect(await player.nextText()).toBe('newer');
      player.cut();
      await host.until('player_away');
    }
    host.command({ cmd: 'to_str', to: [2], data: 'the end' });
    while ((await present.next()).data.toString() !== 'the end');
  });

  test('loses the oldest messages beyond the buffer, and the host gets their number', async () => {
    const MESSAGE = 36;
    const COST = MESSAGE + 256;
    const { url } = await startRelay({ keep: 10 * COST });
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    (await joined(url, host, key)).cut();
    await host.until('player_away');
    for (let i = 0; i < 15; i++) {
      host.command({ cmd: 'to_str', to: [], data: String(i).padStart(MESSAGE, '.') });
    }
    const player = await Player.join(url, seatOf(host, key));
    expect(await host.until('player_back')).toEqual({ cmd: 'player_back', player: 1, missed: 5 });
    host.command({ cmd: 'to_str', to: [], data: 'newer' });
    for (let i = 5; i < 15; i++) {
      expect(await player.nextText()).toBe(String(i).padStart(MESSAGE, '.'));
    }
    expect(await player.nextText()).toBe('newer');
    player.cut();
    await Player.join(url, seatOf(host, key));
    expect(await host.until('player_back'), 'counted anew').toEqual({
      cmd: 'player_back',
      player: 1,
    });
  });

  test.each([['1000', 1000] as const, ['an empty close', undefined] as const])(
    'who closes with %s has left',
    async (_, code) => {
      const { url } = await startRelay();
      const host = await Host.open(url, { hold: LONG });
      const key = seatKey();
      await (await joined(url, host, key)).leave(code);
      expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
      expect(await host.next()).toMatchObject({ cmd: 'state', players: [], away: [] });
      expect((await joined(url, host, key)).id).toBe(2);
    },
  );

  test('is disconnected when the page is closed (1001)', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const raw = await RawClient.connect(portOf(url), `/${seatOf(host, seatKey())}`);
    await host.until('player_joined');
    await host.until('state');
    raw.write(frame(OPCODE.close, Uint8Array.of(0x03, 0xe9)));
    expect(await host.next()).toEqual({ cmd: 'player_away', player: 1 });
  });

  test('has left after a message that is too large (1009)', async () => {
    const { url } = await startRelay({ maxPlayerMessage: 1024 });
    const host = await Host.open(url, { hold: LONG });
    const player = await joined(url, host, seatKey());
    player.send(Buffer.alloc(2000));
    expect((await player.closed).code).toBe(1009);
    expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
  });

  test('cannot rejoin after a kick, connected or disconnected', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const [here, away] = [seatKey(), seatKey()];
    const kicked = await joined(url, host, here);
    (await joined(url, host, away)).cut();
    await host.until('player_away');
    for (const player of [1, 2]) {
      host.command({ cmd: 'kick', player });
      expect(await host.until('player_left')).toEqual({ cmd: 'player_left', player });
    }
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [], away: [] });
    expect(await kicked.closed).toEqual({ code: 4003, reason: 'kicked' });
    for (const key of [here, away]) {
      const again = Player.connect(url, seatOf(host, key));
      expect(await again.closed).toEqual({ code: 4003, reason: 'kicked' });
    }
    expect(await host.settled()).toEqual([]);
  });

  test('reconnects to a full room and to a started one', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG, maxPlayers: 1 });
    const key = seatKey();
    (await joined(url, host, key)).cut();
    await host.until('player_away');
    const stranger = Player.connect(url, seatOf(host, seatKey()));
    expect(await stranger.closed, 'the seat is taken').toMatchObject({ code: 4007 });
    const player = await Player.join(url, seatOf(host, key));
    expect(await host.until('player_back')).toMatchObject({ player: 1 });

    host.command({ cmd: 'start' });
    player.cut();
    await host.until('player_away');
    const late = Player.connect(url, seatOf(host, seatKey()));
    expect(await late.closed).toMatchObject({ code: 4009 });
    await Player.join(url, seatOf(host, key));
    expect(await host.until('player_back')).toMatchObject({ player: 1 });
  });

  test('in a second tab replaces the first, without notifying the host', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    const first = await joined(url, host, key);
    const second = await Player.join(url, seatOf(host, key));
    expect(await first.closed).toEqual({ code: 4001, reason: 'replaced by a newer connection' });
    expect(await host.settled()).toEqual([]);
    host.command({ cmd: 'to_str', to: [1], data: 'to the second' });
    expect(await second.nextText()).toBe('to the second');
    expect(first.inbox.rest).toEqual([]);
  });

  test('is not affected by anything that the replaced connection does', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    const first = await RawClient.connect(portOf(url), `/${seatOf(host, key)}`);
    await host.until('player_joined');
    const second = await Player.join(url, seatOf(host, key));
    expect(await first.closeCode()).toBe(4001);
    // This client has received the close, and does not confirm it.
    first.write(frame(OPCODE.text, 'too late'));
    first.write(frame(OPCODE.close, Uint8Array.of(0x03, 0xe8)));
    first.socket.end();
    await first.closed;
    second.send('in time');
    await host.until('state');
    expect(await host.next()).toEqual({ cmd: 'from_str', from: 1, data: 'in time' });
  });

  test('reconnects to a full relay from an address that has used up its limits', async () => {
    const { url } = await startRelay({
      limitLoopback: true,
      connectionsPerAddress: 1,
      missesPerMinute: 1,
      maxConnections: 3,
    });
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    const player = await Player.join(url, seatOf(host, key), { localAddress: '127.0.0.2' });
    await host.until('player_joined');
    const from = { localAddress: '127.0.0.3' };
    const miss = Player.connect(url, 'NONE'.replaceAll(/[OE]/g, 'X'), from);
    expect(await miss.closed).toMatchObject({ code: 4004 });
    const guess = Player.connect(url, host.code, from);
    expect(await guess.closed, 'no more guesses').toMatchObject({ code: 4029 });
    player.cut();
    await host.until('player_away');
    await Player.join(url, seatOf(host, key), from);
    expect(await host.until('player_back')).toMatchObject({ player: 1 });

    const third = await Player.join(url, host.code, { localAddress: '127.0.0.4' });
    await host.until('player_joined');
    const crowded = Player.connect(url, host.code, { localAddress: '127.0.0.5' });
    expect(await crowded.closed, 'no more connections').toMatchObject({ code: 1013 });
    const again = await Player.join(url, seatOf(host, key), from);
    again.send('from a second tab');
    expect(await host.until('from_str')).toMatchObject({ from: 1, data: 'from a second tab' });
    third.cut();
  });

  test.each([
    ['13', 'HTTP/1.1 101 Switching Protocols'],
    ['99', 'HTTP/1.1 400 Bad Request'],
  ])(
    'does not terminate connections that are still flushing before a close (version %s)',
    async (version, answer) => {
      const { url } = await startRelay({ limitLoopback: true, connectionsPerAddress: 3 });
      const host = await Host.open(url, { hold: LONG });
      const key = seatKey();
      await joined(url, host, key);
      const slow = await joined(url, host);
      slow.socket.pause();
      const MANY = 200;
      const text = 'x'.repeat(60_000);
      for (let sent = 0; sent < MANY; sent++) host.command({ cmd: 'to_str', to: [2], data: text });
      host.command({ cmd: 'kick', player: 2 });
      await host.until('player_left');
      const request = upgradeRequest(`/${seatOf(host, key)}`).replace(
        'Version: 13',
        `Version: ${version}`,
      );
      const back = new RawClient(connect(portOf(url), '127.0.0.1'));
      back.closed.catch(() => {});
      back.write(request);
      await back.until((bytes) => bytes.includes('\r\n\r\n'));
      expect(back.received.toString('latin1')).toContain(answer);
      slow.socket.resume();
      expect(await slow.closed).toMatchObject({ code: 4003 });
      for (let count = 0; count < MANY; count++) expect(await slow.nextText()).toBe(text);
    },
  );

  test('on a phone that sleeps longer than the ping timeout reconnects when it wakes', async () => {
    const { url } = await startRelay({ ping: 0.5 });
    const host = await Host.open(url, { hold: LONG });
    const phone = startProgram(PHONE, [`${url}/${seatOf(host, seatKey())}`]);
    onTestFinished(() => void phone.kill('SIGKILL'));
    const said = new Inbox<object>();
    phone.on('message', (message: object) => said.put(message));
    await host.until('player_joined');
    expect(await said.next()).toEqual({ open: true });
    phone.kill('SIGSTOP');
    expect(await host.until('player_away')).toEqual({ cmd: 'player_away', player: 1 });
    for (const data of ['one', 'two', 'three']) host.command({ cmd: 'to_str', to: [], data });
    phone.kill('SIGCONT');
    expect(await host.until('player_back')).toEqual({ cmd: 'player_back', player: 1 });
    host.command({ cmd: 'to_str', to: [], data: 'newer' });
    expect(await said.take(6)).toEqual([
      { closed: 1006 },
      { open: true },
      { text: 'one' },
      { text: 'two' },
      { text: 'three' },
      { text: 'newer' },
    ]);
  });

  test('has left when the reconnect window ends', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: 0.3 });
    const key = seatKey();
    (await joined(url, host, key)).cut();
    expect(await host.next()).toEqual({ cmd: 'player_away', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [1], away: [1] });
    expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [], away: [] });
    const late = await joined(url, host, key);
    expect(late.id, 'somebody new').toBe(2);
    host.command({ cmd: 'to_str', to: [], data: 'welcome' });
    expect(await late.nextText()).toBe('welcome');
  });

  test.each([
    ['x'.repeat(15)],
    ['x'.repeat(65)],
    ['with a space in it'.replaceAll(' ', '%20')],
    ['sixteen.letters.'],
    [''],
  ])('is refused with a malformed key: %s', async (key) => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const closed = await Player.connect(url, seatOf(host, key)).closed;
    expect(closed).toEqual({
      code: 1008,
      reason: 'invalid seat key: expected 16 to 64 characters of A-Z a-z 0-9 _ -',
    });
    expect(await host.settled()).toEqual([]);
  });
});

describe('without reconnecting', () => {
  test('a player without a key leaves at once, even in a room with a reconnect window', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    (await joined(url, host)).cut();
    expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
    expect(await host.next()).toMatchObject({ cmd: 'state', players: [], away: [] });
  });

  test('a room without a reconnect window ignores seat keys', async () => {
    const { url } = await startRelay();
    const host = await Host.connect(url);
    host.command({ cmd: 'prepare', max_players: 2, name: 'plain' });
    await host.next();
    const state = { cmd: 'state', name: 'plain', players: [], max_players: 2, accept_conns: true };
    expect(await host.next()).toEqual(state);
    const reply = await host.next();
    expect(reply).toEqual({ cmd: 'prepare_reply', key: expect.any(String) });
    const room = { code: reply.key };

    const key = seatKey();
    const one = await Player.join(url, seatOf(room, key));
    expect(await host.next()).toEqual({ cmd: 'player_joined', player: 1 });
    expect(await host.next()).toEqual({ ...state, players: [1] });
    const two = await Player.join(url, seatOf(room, key));
    expect(await host.next(), 'the same key, another player').toMatchObject({ player: 2 });
    expect(await host.next()).toMatchObject({ players: [1, 2] });
    const full = Player.connect(url, seatOf(room, key));
    expect(await full.closed).toMatchObject({ code: 4007 });
    one.cut();
    expect(await host.next()).toEqual({ cmd: 'player_left', player: 1 });
    expect(await host.next()).toEqual({ ...state, players: [2] });
    host.command({ cmd: 'kick', player: 2 });
    expect(await two.closed).toMatchObject({ code: 4003 });
    expect(await host.next()).toEqual({ cmd: 'player_left', player: 2 });
    expect(await host.next()).toEqual(state);
    const malformed = await Player.join(url, seatOf(room, 'short'));
    expect(await host.next()).toEqual({ cmd: 'player_joined', player: 3 });
    host.cut();
    expect(await malformed.closed).toEqual({ code: 4010, reason: 'host gone' });
  });
});

describe('a host', () => {
  test('that reloads gets all messages sent while it was disconnected, in order', async () => {
    const { url, http } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    const one = await joined(url, host, key);
    const two = await joined(url, host, seatKey());
    host.cut();
    await hostsAway(http, 1);
    for (let i = 0; i < 100; i++) one.send(`one ${i}`);
    for (let i = 0; i < 100; i++) two.send(Buffer.from([2, i]));
    // A third player joins, the second leaves, the first disconnects and reconnects. An upgrade or the
    // end of a close shows that the relay has handled all earlier input.
    await two.leave();
    const three = await Player.join(url, host.code);
    three.send('three');
    one.socket.close(3000);
    await one.closed;
    await Player.join(url, seatOf(host, key));
    const again = await Host.resume(url, host);
    expect(await again.next()).toEqual({
      cmd: 'prepare_reply',
      key: host.code,
      resume: host.token,
      resumed: true,
    });
    const { before: events, state } = await again.untilState();
    expect(state).toMatchObject({ players: [1, 3], away: [], accept_conns: true });
    expect(events.filter(({ cmd, from }) => cmd === 'from_str' && from === 1)).toEqual(
      Array.from({ length: 100 }, (_, i) => ({ cmd: 'from_str', from: 1, data: `one ${i}` })),
    );
    expect(events.filter(({ cmd }) => cmd === 'from')).toEqual(
      Array.from({ length: 100 }, (_, i) => ({ cmd: 'from', from: 2, data: [2, i] })),
    );
    const rest = events.filter(({ from }) => from !== 1 && from !== 2);
    const ofOthers = rest.filter(({ player }) => player !== 1);
    expect(ofOthers).toEqual([
      { cmd: 'player_left', player: 2 },
      { cmd: 'player_joined', player: 3 },
      { cmd: 'from_str', from: 3, data: 'three' },
    ]);
    expect(rest.filter(({ player }) => player === 1)).toEqual([
      { cmd: 'player_away', player: 1 },
      { cmd: 'player_back', player: 1 },
    ]);
  });

  test('that reloads under load loses only messages in transit', async () => {
    const { url, http } = await startRelay();
    const ROUNDS = 4;
    let host = await Host.open(url, { hold: LONG });
    const players = [
      new Talker(await joined(url, host, seatKey())),
      new Talker(await joined(url, host, seatKey())),
    ];
    const fromPlayers: number[][] = [[], []];
    const toPlayers: number[][] = [[], []];
    let broadcast = 0;
    for (let round = 0; round < ROUNDS; round++) {
      // At the moment of the disconnect: some messages arrive and some do not, in either direction.
      for (let i = 0; i < 200; i++) {
        host.command({ cmd: 'to_str', to: [], data: String(++broadcast) });
        for (const player of players) player.say();
      }
      await host.until('from_str').then((event) => collect([event], fromPlayers));
      host.cut();
      await hostsAway(http, 1);
      const safe = players.map((player) => player.said + 1);
      for (let i = 0; i < 50; i++) for (const player of players) player.say();
      collect(host.inbox.rest, fromPlayers);
      host = await Host.resume(url, host);
      await host.until('prepare_reply');
      for (const [at, numbers] of fromPlayers.entries()) {
        while (numbers.at(-1) !== players[at]?.said) collect([await host.next()], fromPlayers);
        expect(numbers.slice(-50)[0], 'all that came while it was away').toBe(safe[at]);
      }
    }
    host.command({ cmd: 'to_str', to: [], data: 'end' });
    for (const [at, { player }] of players.entries()) {
      for (let text = await player.nextText(); text !== 'end'; text = await player.nextText()) {
        toPlayers[at]?.push(Number(text));
      }
    }
    for (const numbers of [...fromPlayers, ...toPlayers]) {
      expect(numbers, 'in order, and once').toEqual([...new Set(numbers)].sort((a, b) => a - b));
      expect(gaps(numbers).length, 'one gap a cut').toBeLessThanOrEqual(ROUNDS);
    }
  });

  test.each([
    ['&format=json', { cmd: 'from', from: 1, data: [1, 2] }],
    ['&bytes=1', { cmd: 'from', from: 1, data: Uint8Array.of(1, 2) }],
    ['', { cmd: 'from', from: 1, data: [1, 2] }],
  ])('may resume in another format: %s', async (format, event) => {
    const { url, http } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const player = await joined(url, host, seatKey());
    host.cut();
    await hostsAway(http, 1);
    player.send(Uint8Array.of(1, 2));
    await player.leave();
    const resumed = await Host.resume(url, host, { format });
    await resumed.until('prepare_reply');
    expect(await resumed.next()).toEqual(event);
    expect(await resumed.next()).toEqual({ cmd: 'player_left', player: 1 });
    expect(await resumed.next()).toMatchObject({ cmd: 'state', players: [] });
  });

  test('with a wrong token or code gets 4004, and is limited in attempts', async () => {
    const { url } = await startRelay({ limitLoopback: true, missesPerMinute: 3 });
    const host = await Host.open(url, { hold: LONG });
    const from = { localAddress: '127.0.0.9' };
    const wrong = [
      { code: host.code, token: `${host.token}x` },
      { code: host.code === 'BBBB' ? 'CCCC' : 'BBBB', token: host.token },
      { code: 'no', token: '' },
    ];
    for (const room of wrong) {
      const { closed } = await Host.resume(url, room, from);
      expect(await closed).toEqual({ code: 4004, reason: 'no such room' });
    }
    const { closed } = await Host.resume(url, { ...host, token: 'another' }, from);
    expect(await closed).toEqual({ code: 4029, reason: 'too many attempts' });
    const player = Player.connect(url, host.code, from);
    expect(await player.closed, 'as a player as well').toMatchObject({ code: 4029 });
    expect(await host.settled(), 'the room has not noticed').toEqual([]);
    const again = await Host.resume(url, host, from);
    expect(await again.next(), 'the right one is never refused').toMatchObject({ resumed: true });
  });

  test('that resumes while it is still connected replaces its earlier connection', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const player = await joined(url, host, seatKey());
    const newer = await Host.resume(url, host);
    expect(await newer.next()).toMatchObject({ cmd: 'prepare_reply', resumed: true });
    expect(await newer.next()).toMatchObject({ cmd: 'state', players: [1], away: [] });
    expect(await host.closed).toEqual({ code: 4001, reason: 'replaced by a newer connection' });
    player.send('hello');
    expect(await newer.next()).toMatchObject({ cmd: 'from_str', data: 'hello' });
    expect(host.inbox.rest).toEqual([]);
    newer.command({ cmd: 'to_str', to: [], data: 'from the newer' });
    expect(await player.nextText()).toBe('from the newer');
  });

  test('that is disconnected for long loses nothing: reading from players pauses, and joins are refused', async () => {
    const { url, http } = await startRelay({ hostBacklog: 64 * 1024, playerBytes: 0 });
    const host = await Host.open(url, { hold: LONG });
    const key = seatKey();
    const player = await joined(url, host, key);
    const seated = await joined(url, host, seatKey());
    host.cut();
    await hostsAway(http, 1);
    const COUNT = 40;
    for (let i = 0; i < COUNT; i++) player.send(Buffer.alloc(1 << 20, i));
    await nobodyCanJoin(http, host.code);
    const late = Player.connect(url, seatOf(host, seatKey()));
    expect(await late.closed).toEqual({ code: 4012, reason: 'host disconnected' });
    seated.send('waits, too');
    expect(player.socket.bufferedAmount, 'it is not read').toBeGreaterThan(0);
    const again = await Host.resume(url, host, { format: '&bytes=1' });
    await again.until('prepare_reply');
    let next = 0;
    let other = false;
    while (next < COUNT || !other) {
      const event = await again.next();
      if (event.cmd === 'from_str') other = true;
      if (event.cmd === 'from')
        expect([event.data.length, event.data[0]]).toEqual([1 << 20, next++]);
    }
    await joined(url, again);
  });

  test('that does not resume in time ends the room', async () => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: 0.3 });
    const players = [await joined(url, host, seatKey()), await joined(url, host)];
    host.cut();
    for (const { closed } of players) {
      expect(await closed).toEqual({ code: 4010, reason: 'host gone' });
    }
    const again = await Host.resume(url, host);
    expect(await again.closed).toMatchObject({ code: 4004 });
  });

  test.each([
    ['stop', 4000, (host: Host) => host.command({ cmd: 'stop' })],
    ['1000', 4010, (host: Host) => host.socket.close(1000)],
    ['an empty close', 4010, (host: Host) => host.socket.close()],
  ])('ends the room at once by %s', async (_, code, end) => {
    const { url } = await startRelay();
    const host = await Host.open(url, { hold: LONG });
    const here = await joined(url, host, seatKey());
    const key = seatKey();
    (await joined(url, host, key)).cut();
    await host.until('player_away');
    end(host);
    expect(await here.closed).toMatchObject({ code });
    const late = Player.connect(url, seatOf(host, key));
    expect(await late.closed).toMatchObject({ code: 4004 });
    const again = await Host.resume(url, host);
    expect(await again.closed).toMatchObject({ code: 4004 });
  });
});

test('the metrics count disconnected players and hosts, and buffered bytes', async () => {
  const { url, http } = await startRelay();
  const host = await Host.open(url, { hold: LONG });
  for (const key of [seatKey(), seatKey()]) {
    (await joined(url, host, key)).cut();
    await host.until('player_away');
  }
  host.command({ cmd: 'to_str', to: [], data: 'x'.repeat(1000) });
  await host.settled();
  host.cut();
  await hostsAway(http, 1);
  const metrics = await freshMetrics(http);
  expect(metrics).toContain('lobby_relay_away{role="player"} 2\n');
  expect(Number(/^lobby_relay_kept_bytes (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThan(2000);
});

/** A player who sends increasing numbers. */
class Talker {
  said = 0;

  constructor(readonly player: Player) {}

  say(): void {
    this.player.send(String(++this.said));
  }
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

/** Waits until the relay reports this many rooms with a disconnected host. */
async function hostsAway(http: string, count: number): Promise<void> {
  const line = `lobby_relay_away{role="host"} ${count}\n`;
  while (!(await freshMetrics(http)).includes(line));
}

/** Groups the numbers by player. */
function collect(
  events: readonly { from?: number; data?: string }[],
  fromPlayers: number[][],
): void {
  for (const { from, data } of events) {
    if (from !== undefined) fromPlayers[from - 1]?.push(Number(data));
  }
}

/** Numbers that do not follow their predecessors. */
function gaps(numbers: readonly number[]): number[] {
  return numbers.filter((number, at) => at > 0 && number !== (numbers[at - 1] as number) + 1);
}
