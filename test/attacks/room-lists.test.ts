import { expect } from 'vitest';
import type { Host } from '../support/clients.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, get, KIB, openRoom, openSocket } from './attackers.js';

/* Readers of lists, and rooms in them. */

const attack = arena(['--list'], { mostToWait: WAIT_FAILS });

attack(
  'a list of 500 rooms with long texts is read in a loop while they change',
  async ({ relay }) => {
    const features = { list: 'attacked', listing: '"'.repeat(KIB) };
    const hosts: Host[] = [];
    for (let i = 0; i < 500; i++) hosts.push(await openRoom(relay, { features }));
    const reader = async () => {
      const from = freshAddress();
      for (let i = 0; i < 100; i++) {
        hosts[i]?.command({ cmd: i % 2 === 0 ? 'start' : 'open' });
        await get(relay, '/rooms/attacked', { from });
      }
    };
    await Promise.all(Array.from({ length: 32 }, reader));
    for (const host of hosts) host.cut();
  },
);

attack(
  '64 readers of one address ask for pages of the longest texts, and read nothing',
  async ({ relay }) => {
    // JSON writes six characters for each of these.
    const longest = '\u0001'.repeat(KIB);
    const features = { name: longest, list: 'longest', listing: longest };
    const hosts: Host[] = [];
    for (let i = 0; i < 220; i++) hosts.push(await openRoom(relay, { features }));
    const from = freshAddress();
    for (let i = 0; i < 64; i++) {
      const socket = await openSocket(relay, { from });
      socket.pause();
      const place = i % 2 === 0 ? '' : `?after=${hosts.at(-1 - i)?.code}`;
      socket.write(`GET /rooms/longest${place} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    }
    // Others are still answered.
    expect(await get(relay, '/rooms/longest')).toBe(200);
    for (const host of hosts) host.cut();
  },
);
