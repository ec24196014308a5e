import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { createRoom, type Environment, joinRoom } from '../../src/client/index.js';
import { iceServers } from '../../src/http/ice.js';
import { BROWSER_TIMEOUT, newDevice } from '../support/browser.js';
import { CHROMIUM, launchChromium } from '../support/chromium.js';
import { FIREFOX, launchFirefox, newFirefoxPage } from '../support/firefox.js';
import { type IceServer, RelayedPeerConnection } from '../support/node-webrtc.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';
import { COTURN, startCoturn } from './coturn.js';

const SECRET = 'what-the-relay-and-coturn-share';
const HOUR = 60 * 60 * 1000;

/** The kinds of ICE candidates (RFC 8839, section 5.1) that use a TURN server. */
const THROUGH_TURN = ['relay'];

const onlyRelayed: Environment = { WebSocket, RTCPeerConnection: RelayedPeerConnection };

async function startRelayWithCoturn(secret = SECRET) {
  return startRelay({ turnUrl: await startCoturn(SECRET), turnSecret: secret });
}

describe('a data channel through coturn', () => {
  test('opens with the credentials of GET /ice', needs(COTURN), async () => {
    const { url } = await startRelayWithCoturn();
    const room = await createRoom(url, onlyRelayed);
    onTestFinished(() => room.stop());
    const seat = await joinRoom(url, room.code, onlyRelayed);
    onTestFinished(() => seat.leave());
    const received = new Promise((resolve) => {
      room.on('channel', (_player, channel) => {
        channel.onmessage = ({ data }) => resolve(data);
      });
    });
    const channel = await seat.openChannel();
    onTestFinished(() => channel.close());
    channel.send('through TURN');
    expect(await received).toBe('through TURN');
  });
});

/** Runs on a page: opens a channel from a player to a host that can only use a TURN server. */
const RELAYED_CHANNEL = `(async () => {
  const { createRoom, joinRoom } = await import('/client.js');
  const peers = [];
  class Relayed extends RTCPeerConnection {
    constructor(configuration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
      peers.push(this);
    }
  }
  const environment = { RTCPeerConnection: Relayed, storage: null };
  const room = await createRoom(location.origin, environment);
  const seat = await joinRoom(location.origin, room.code, environment);
  const received = new Promise((resolve) => {
    room.on('channel', (player, channel) => {
      channel.onmessage = ({ data }) => resolve(data);
    });
  });
  const channel = await seat.openChannel();
  channel.send('through TURN');
  const stats = [...(await peers[0].getStats()).values()];
  const used = stats.filter((each) => each.type === 'local-candidate').map((each) => each.candidateType);
  return { received: await received, used: [...new Set(used)] };
})()`;

describe('a data channel of a browser through coturn', { timeout: BROWSER_TIMEOUT }, () => {
  const opened = { received: 'through TURN', used: THROUGH_TURN };

  test('opens in Chromium', needs([COTURN, CHROMIUM]), async () => {
    const { http } = await startRelayWithCoturn();
    const browser = await launchChromium();
    onTestFinished(() => browser.close());
    const page = await (await newDevice(browser, [])).newPage();
    await page.goto(`${http}/health`);
    expect(await page.evaluate(RELAYED_CHANNEL)).toEqual(opened);
  });

  test('opens in Firefox', needs([COTURN, FIREFOX]), async () => {
    const { http } = await startRelayWithCoturn();
    const browser = await launchFirefox();
    onTestFinished(() => browser.close());
    const page = await newFirefoxPage(browser, []);
    await page.goto(`${http}/health`);
    expect(await page.evaluate(RELAYED_CHANNEL)).toEqual(opened);
  });
});

describe('candidates of coturn', () => {
  test('exist with the credentials of GET /ice', needs(COTURN), async () => {
    const { http } = await startRelayWithCoturn();
    expect(await gather(await serversOf(http))).toEqual(THROUGH_TURN);
  });

  test('are missing if the secrets differ', needs(COTURN), async () => {
    const { http } = await startRelayWithCoturn('another');
    expect(await gather(await serversOf(http))).toEqual([]);
  });

  test.each([
    ['after twelve hours', 12 * HOUR + 1000, []],
    ['but not an hour before', 11 * HOUR, THROUGH_TURN],
  ])('are missing %s', needs(COTURN), async (_, age, expected) => {
    const turnUrl = await startCoturn(SECRET);
    const credentials = iceServers({ iceServers: '', turnUrl, turnSecret: SECRET });
    expect(await gather(credentials(Date.now() - age))).toEqual(expected);
  });
});

async function serversOf(http: string): Promise<readonly IceServer[]> {
  const { iceServers } = (await (await fetch(`${http}/ice`)).json()) as { iceServers: IceServer[] };
  return iceServers;
}

/** The kinds of candidates that a peer connection has found when gathering is complete. */
async function gather(iceServers: readonly IceServer[]): Promise<unknown[]> {
  const peer = new RelayedPeerConnection({ iceServers });
  onTestFinished(() => peer.close());
  const done = new Promise<void>((resolve) => {
    peer.onicegatheringstatechange = () => {
      if (peer.iceGatheringState === 'complete') resolve();
    };
  });
  peer.createDataChannel('any');
  await peer.setLocalDescription(await peer.createOffer());
  await done;
  const { sdp = '' } = peer.localDescription ?? {};
  return [...sdp.matchAll(/^a=candidate:.* typ (\w+)/gm)].map(([, kind]) => kind);
}
