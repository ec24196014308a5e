import { describe, expect, test } from 'vitest';
import { BellhopClient } from '../support/bellhop.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';
import { GODOT, GodotScene } from './godot.js';

// Godot 3 has no WebRTC without an extension that Debian does not package.
describe('the scene of examples/godot, without WebRTC', needs(GODOT), () => {
  test('a host and two guests exchange session descriptions', async () => {
    const { url } = await startRelay();
    const relay = `--relay=${url}/bellhop`;
    const host = new GodotScene(relay, '--host=cozy-cave');
    await host.says('lobby cozy-cave');
    for (const peer of [2, 3]) {
      const guest = new GodotScene(relay, '--join=cozy-cave');
      await host.says(`peer ${peer} joins`);
      await guest.says(`this is peer ${peer}`);
      await host.says('offer: no WebRTC extension');
      await guest.says('answer: no WebRTC extension here either');
    }
  });

  test('as a host, for a client that speaks raw frames', async () => {
    const { url } = await startRelay();
    const scene = new GodotScene(`--relay=${url}/bellhop`, '--host=x');
    await scene.says('lobby x');
    const guest = await BellhopClient.connect(url);
    guest.do('join_lobby', { lobby_id: 'x' });
    const { host_connection_id, peer_id } = await guest.event('join_request_accepted');
    expect(peer_id).toBe(2);
    const to = { connection_id: host_connection_id };
    guest.do('send_ice_candidate', { ...to, media: '0', index: 0, name: 'candidate' });
    guest.do('send_session_description', { ...to, session_type: 'offer', sdp: 'v=0 é' });
    await scene.says('offer: v=0 é');
    expect(await guest.event('received_session_description')).toEqual({
      ...to,
      session_type: 'answer',
      sdp: 'no WebRTC extension here either',
    });
  });

  test('shows the reason why a lobby cannot be hosted or joined', async () => {
    const { url } = await startRelay();
    const relay = `--relay=${url}/bellhop`;
    const host = await BellhopClient.connect(url);
    await host.start('taken');
    await new GodotScene(relay, '--host=taken').says('Lobby taken already exists.');
    await new GodotScene(relay, '--join=nowhere').says("Lobby 'nowhere' not found.");
    const guest = new GodotScene(relay, '--join=taken');
    const { connection_id } = await host.event('received_join_request');
    host.do('reject_join_request', { player_connection_id: connection_id, reason: 'full' });
    await guest.says('full');
    await new GodotScene(`--relay=${url}/nowhere`, '--join=x').says('the relay is not there');
  });
});
