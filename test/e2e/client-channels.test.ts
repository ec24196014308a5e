import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type BrowserServer, chromium, type Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRoom, type Player } from '../../src/client/index.js';
import { BROWSER_TIMEOUT, relayWithChromium } from '../support/browser.js';
import { CHROMIUM } from '../support/chromium.js';
import { LoopbackPeerConnection } from '../support/node-webrtc.js';
import { startProgram } from '../support/program.js';
import { startRelay } from '../support/relay.js';
import { needs, pathOf } from '../support/tools.js';

const PHONE = fileURLToPath(new URL('programs/phone-with-channel.ts', import.meta.url));
const SDK = new URL('../../dist/client/index.js', import.meta.url).href;

/** Lets two browsers connect on a machine without a network. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
];

/** A browser in a process of its own, which can be killed. */
async function launch(): Promise<BrowserServer> {
  const server = await chromium.launchServer({
    executablePath: pathOf(CHROMIUM),
    args: ARGUMENTS,
  });
  onTestFinished(() => server.kill());
  return server;
}

async function openPage(server: BrowserServer, http: string): Promise<Page> {
  const browser = await chromium.connect(server.wsEndpoint());
  const page = await browser.newPage();
  // Any page of the relay's origin suffices.
  await page.goto(`${http}/health`);
  return page;
}

describe('in browsers', needs(CHROMIUM, { timeout: BROWSER_TIMEOUT }), () => {
  const relay = relayWithChromium();

  /** Two pages with a channel between them, in `window.channel` of both. */
  async function openChannel(
    servers: readonly [BrowserServer, BrowserServer],
  ): Promise<[Page, Page]> {
    const [host, phone] = await Promise.all(servers.map((server) => openPage(server, relay.http)));
    if (host === undefined || phone === undefined) throw new Error('no pages');
    const code = await host.evaluate<string>(`(async () => {
      const { createRoom } = await import('${relay.http}/client.js');
      window.room = await createRoom('${relay.http}', { hold: 600 });
      window.closes = 0;
      window.channelOpened = new Promise((resolve) => room.on('channel', (player, channel) => {
        window.channel = channel;
        window.whenClosed = new Promise((resolve) => channel.onclose = () => {
          window.closes++;
          resolve(channel.readyState);
        });
        resolve();
      }));
      return room.code;
    })()`);
    await phone.evaluate(`(async () => {
      const { joinRoom } = await import('${relay.http}/client.js');
      window.seat = await joinRoom('${relay.http}', '${code}');
      window.channel = await seat.openChannel({ ordered: false, maxRetransmits: 0 });
      window.whenClosed = new Promise((resolve) => channel.onclose = () => resolve(channel.readyState));
    })()`);
    await host.evaluate('channelOpened');
    return [host, phone];
  }

  test('a channel to a killed browser is closed, with one event', async () => {
    const [tv, other] = [await launch(), await launch()];
    const [host] = await openChannel([tv, other]);
    other.process().kill('SIGKILL');
    expect(await host.evaluate('whenClosed')).toBe('closed');
    await expect(host.evaluate(`channel.send('x')`)).rejects.toThrow('InvalidStateError');
    // The seat still exists: only the peer connection has failed.
    expect(await host.evaluate('[room.players.length, closes]')).toEqual([1, 1]);
  });

  test.each([
    ['when the player is kicked', 'host', 'room.players[0].kick()'],
    ['when the player leaves', 'phone', 'seat.leave()'],
    ['when the room ends', 'host', 'room.stop()'],
  ])('a channel is closed at both ends %s', async (_name, who, code) => {
    const browser = await launch();
    const [host, phone] = await openChannel([browser, browser]);
    await (who === 'host' ? host : phone).evaluate(code);
    expect(await host.evaluate('whenClosed')).toBe('closed');
    expect(await phone.evaluate('whenClosed')).toBe('closed');
  });
});

test('in Node.js, a channel to a killed process is closed', {
  timeout: 120_000,
}, async () => {
  const { url } = await startRelay();
  const room = await createRoom(url, {
    WebSocket,
    RTCPeerConnection: LoopbackPeerConnection,
    iceServers: [],
    storage: null,
    hold: 600,
  });
  onTestFinished(() => room.stop());
  const ready = new Promise<Player>((resolve) => room.on('message', resolve));
  const phone = startProgram(PHONE, [SDK, url, room.code]);
  onTestFinished(() => void phone.kill('SIGKILL'));
  const ended = once(phone, 'exit').then(() => {
    throw new Error('the phone has ended');
  });
  const player = await Promise.race([ready, ended]);
  const channel = await Promise.race([player.openChannel({ timeout: 60_000 }), ended]);
  ended.catch(() => {});
  const closed = new Promise((resolve) => (channel.onclose = resolve));
  phone.kill('SIGKILL');
  await once(phone, 'exit');
  await closed;
  expect(room.players).toHaveLength(1);
});
