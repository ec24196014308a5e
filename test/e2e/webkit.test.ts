import { describe, expect, test } from 'vitest';
import { BROWSER_TIMEOUT } from '../support/browser.js';
import { startRelay } from '../support/relay.js';
import { needs } from '../support/tools.js';
import { WEBKIT, WebKitPage } from '../support/webkit.js';

describe('in WebKit', needs(WEBKIT, { timeout: BROWSER_TIMEOUT }), () => {
  test('a host and a player use the SDK, and a reloaded phone keeps its seat', async () => {
    const { http } = await startRelay();
    const [tv, phone] = await Promise.all([
      WebKitPage.open(`${http}/health`),
      WebKitPage.open(`${http}/health`),
    ]);
    const code = await tv.run<string>(`
      const { createRoom } = await import('/client.js');
      window.joined = [];
      const room = await createRoom(location.origin, { name: 'Safari' });
      room.on('join', (player) => joined.push(player.id));
      room.on('message', (player, data) => player.send(data));
      return room.code;`);
    const join = `
      const { joinRoom } = await import('/client.js');
      const seat = await joinRoom(location.origin, '${code}');
      const received = [];
      const both = new Promise((resolve) => seat.on('message', (data) => {
        received.push(typeof data === 'string' ? data : [...data]);
        if (received.length === 2) resolve(received);
      }));
      seat.send('ciao');
      seat.send(Uint8Array.of(0, 255, 7));
      return [seat.id, ...await both];`;
    expect(await phone.run(join)).toEqual([1, 'ciao', [0, 255, 7]]);
    await phone.goto(`${http}/health`);
    expect(await phone.run(join)).toEqual([1, 'ciao', [0, 255, 7]]);
    expect(await tv.run('return joined;')).toEqual([1]);
  });

  // Debian builds WebKitGTK without WebRTC; Safari has it.
  test('a data channel is refused, and messages still pass', async () => {
    const { http } = await startRelay();
    const page = await WebKitPage.open(`${http}/health`);
    expect(await page.run('return typeof RTCPeerConnection;')).toBe('undefined');
    const [what, received] = await page.run<unknown[]>(`
      const { createRoom, joinRoom } = await import('/client.js');
      const room = await createRoom(location.origin, { storage: null });
      const seat = await joinRoom(location.origin, room.code, { storage: null });
      const what = await seat.openChannel().catch((error) => error.code);
      const received = new Promise((resolve) => room.on('message', (player, data) => resolve(data)));
      seat.send('by the relay');
      return [what, await received];`);
    expect([what, received]).toEqual(['unsupported', 'by the relay']);
  });

  test('the demo plays a turn', async () => {
    const { http } = await startRelay();
    const screen = await WebKitPage.open(`${http}/sketch`);
    await screen.until(`document.querySelector('.tile')`);
    const code = await screen.textOf('#code-tiles');
    const join = async (name: string): Promise<WebKitPage> => {
      const phone = await WebKitPage.open(`${http}/sketch?code=${code}`);
      await phone.type('#name', name);
      await phone.press('#join-button');
      await phone.says('You are in!');
      return phone;
    };
    const ada = await join('Ada');
    const ben = await join('Ben');
    await ben.press('#phone-start');
    const word = await ada.textOf('#words button');
    await ada.press('#words button');
    await ben.says('Ada draws. What is it?');
    await ben.type('#guess', `${word}\n`);
    await ada.says('You drew this word.');
    await screen.says('Ben');
  });
});
