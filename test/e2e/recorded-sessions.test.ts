import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Client } from '../support/clients.js';
import { startRelay } from '../support/relay.js';

/** A step of a recorded session, as `recorded/README.md` describes it. */
type Step =
  | { readonly connects: number; readonly path: string; readonly of?: number }
  | { readonly sends: number; readonly binary: boolean; readonly hex: string }
  | { readonly gets: number; readonly binary: boolean; readonly hex: string }
  | { readonly leaves: number; readonly code: number }
  | { readonly cut: number; readonly host?: true }
  | { readonly closed: number; readonly code: number; readonly reason: string };

interface Frame {
  readonly binary: boolean;
  readonly hex: string;
}

/** The code and the token of a room, which are different in every session. */
interface Secrets {
  code: string;
  token: string;
}

interface Party {
  readonly client: Client<Frame>;
  readonly secrets: Secrets;
}

const RECORDED_CODE = 'CODE';
const RECORDED: Secrets = { code: RECORDED_CODE, token: '' };
const RECORDED_TOKEN = /(?:54){16,}/;

/** A frame of this session with the code and the token of the recorded one. */
function masked({ binary, hex }: Frame, { code, token }: Secrets): Frame {
  const text = Buffer.from(hex, 'hex').toString('latin1');
  const like = token === '' ? text : text.replace(token, 'T'.repeat(token.length));
  return { binary, hex: Buffer.from(like.replace(code, RECORDED_CODE), 'latin1').toString('hex') };
}

/** Takes code and token from the answer to `prepare`, at the places of the recorded ones. */
function learn({ hex }: Frame, recorded: Frame, secrets: Secrets): void {
  const bytes = Buffer.from(hex, 'hex').toString('latin1');
  const at = Buffer.from(recorded.hex, 'hex').indexOf(RECORDED_CODE);
  if (at >= 0) secrets.code = bytes.slice(at, at + RECORDED_CODE.length);
  const token = RECORDED_TOKEN.exec(recorded.hex);
  if (token === null) return;
  secrets.token = bytes.slice(token.index / 2, (token.index + token[0].length) / 2);
}

function partyOf(parties: ReadonlyMap<number, Party>, number: number): Party {
  const party = parties.get(number);
  if (party === undefined) throw new Error(`client ${number} has not connected`);
  return party;
}

async function connect(url: string, path: string, secrets: Secrets): Promise<Party> {
  const { code, token } = secrets;
  const address = url + path.replace(RECORDED_CODE, code).replace('TOKEN', token);
  const socket = new WebSocket(address, { perMessageDeflate: false });
  const read = ({ data, binary }: { data: Buffer; binary: boolean }) => ({
    binary,
    hex: data.toString('hex'),
  });
  const client = new Client<Frame>(socket, read);
  await once(socket, 'open');
  return { client, secrets };
}

/** Waits until the relay has noticed that the host of this room is disconnected. */
async function noHost(http: string, { code }: Secrets): Promise<void> {
  const room = async () => (await fetch(`${http}/${code}?format=json`)).text();
  while ((await room()).includes('"host":"connected"'));
}

test.each(['game', 'scenarios'])('%s: the relay answers as it was recorded', async (name) => {
  const file = new URL(`recorded/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  const { url, http } = await startRelay();
  const parties = new Map<number, Party>();
  for (const [index, line] of lines.entries()) {
    const step: Step = JSON.parse(line);
    if ('connects' in step) {
      const { connects, path, of } = step;
      const secrets = of === undefined ? { ...RECORDED } : partyOf(parties, of).secrets;
      parties.set(connects, await connect(url, path, secrets));
    } else if ('sends' in step) {
      const { socket } = partyOf(parties, step.sends).client;
      socket.send(Buffer.from(step.hex, 'hex'), { binary: step.binary });
    } else if ('gets' in step) {
      const { gets, ...recorded } = step;
      const { client, secrets } = partyOf(parties, gets);
      const frame = await client.next();
      learn(frame, recorded, secrets);
      expect([index + 1, masked(frame, secrets)]).toEqual([index + 1, recorded]);
    } else if ('leaves' in step) {
      const { client } = partyOf(parties, step.leaves);
      await client.leave(step.code === 1005 || step.code === 1006 ? undefined : step.code);
    } else if ('cut' in step) {
      const { client, secrets } = partyOf(parties, step.cut);
      client.cut();
      if (step.host) await noHost(http, secrets);
    } else {
      const { closed, ...how } = step;
      expect([index + 1, await partyOf(parties, closed).client.closed]).toEqual([index + 1, how]);
    }
  }
  for (const [number, { client }] of parties) {
    expect([number, client.inbox.rest]).toEqual([number, []]);
  }
});
