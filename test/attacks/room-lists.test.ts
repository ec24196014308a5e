import type { Host } from '../support/clients.js';
import { arena, WAIT_FAILS } from './arena.js';
import { freshAddress, get, KIB, openRoom } from './attackers.js';

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
