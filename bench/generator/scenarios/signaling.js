import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '../http-client.js';
import { Watch } from '../watch.js';

/*
 * Pairs of signaling-server's clients that exchange signals repeatedly, with as much data as browsers
 * send: descriptions of 2 KiB, eight candidates of each peer, and ten polls. Every answer is verified.
 */

const CANDIDATES = 8;
const POLLS = 10;
const DESCRIPTION = 2048;

/** Counts the requests of all pairs in the middle of a while. */
export async function runSignaling(options, tally) {
  const pairs = Array.from({ length: options.rooms }, (_, number) => new Pair(number, options));
  const running = pairs.map((pair) => pair.run());
  for (const run of running) run.catch((error) => tally.error(error.message));
  await sleep(options.warm * 1000);
  const watch = new Watch(options.pid);
  const count = () => pairs.reduce((sum, { answered }) => sum + answered, 0);
  const before = count();
  await sleep(options.seconds * 1000);
  const messages = count() - before;
  const seen = watch.end();
  for (const pair of pairs) pair.stop();
  await Promise.allSettled(running);
  return { messages, rate: messages / seen.seconds, ...seen };
}

class Pair {
  answered = 0;
  #number;
  #client;
  #round = 0;
  #stopped = false;

  constructor(number, { host, port }) {
    this.#number = number;
    this.#client = new HttpClient({ host, port, path: '/signaling' });
  }

  stop() {
    this.#stopped = true;
  }

  async run() {
    while (!this.#stopped) await this.#exchangeSignals();
    this.#client.close();
  }

  async #exchangeSignals() {
    const name = `${this.#number} ${this.#round++} `;
    const offer = `offer ${name}`.padEnd(DESCRIPTION, 'o');
    const answer = `answer ${name}`.padEnd(DESCRIPTION, 'a');
    const { channel_id } = JSON.parse(await this.#call({ method: 'create_data_channel' }));
    const call = (method, values) => this.#call({ method, channel_id, ...values });
    await call('create_offer', { offer });
    expect(await call('get_offer'), JSON.stringify({ offer }));
    const items = [];
    for (let i = 0; i < 2 * CANDIDATES; i++) {
      items.push({
        candidate: `candidate:${i} 1 udp 2113937151 192.0.2.1 5000${i} typ host`,
        sdpMid: '0',
      });
      await call('create_candidate', { candidate: items.at(-1) });
    }
    await call('create_answer', { answer });
    expect(await call('get_answer'), JSON.stringify({ answer }));
    const candidates = JSON.stringify({ items });
    for (let i = 0; i < POLLS; i++) expect(await call('get_candidates'), candidates);
  }

  async #call(request) {
    const { status, text } = await this.#client.post(JSON.stringify(request));
    if (status !== 200) throw new Error(`${request.method}: ${status} ${text}`);
    this.answered++;
    return text;
  }
}

function expect(text, expected) {
  if (text !== expected)
    throw new Error(`expected ${expected.slice(0, 80)}, got ${text.slice(0, 80)}`);
}
