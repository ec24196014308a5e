// One end of a link, in a process of its own: the one with the clients, or the one with the rooms.

import { Links } from '../../dist/cluster/link/links.js';
import { NatsBus } from '../../dist/cluster/nats/nats-bus.js';
import { IGNORES_FRAMES } from '../../dist/cluster/wire/frames.js';
import { SYSTEM_TIMERS } from '../../dist/launch/timers.js';
import { Payload } from '../../dist/protocol/payload.js';
import { SCENARIOS } from './scenarios.js';

const MIB = 1024 * 1024;

const [name = '', end = '', url = ''] = process.argv.slice(2);
const { size, text, lanes, receivers, perTurn } = SCENARIOS[name];
const isClients = end === 'clients';
/** Which end sends; the other one only answers in `ping`. */
const sends = (receivers === 0) === isClients;
const other = isClients ? 'rooms' : 'clients';

/** Numbers of messages sent and received, by lane or handle. */
const sent = new Map();
const received = new Map();
const faults = [];
const trips = [];
let receivedCount = 0;
let batches = 0;
let isSending = false;
let sentAt = 0;

const bus = await NatsBus.connect({ address: { url } });
const counting = {
  get isConnected() {
    return bus.isConnected;
  },
  publish(subject, bytes) {
    batches++;
    bus.publish(subject, bytes);
  },
  subscribe: (subject, receive) => bus.subscribe(subject, receive),
  onStatus: (listener) => bus.onStatus(listener),
};
const links = new Links({
  bus: counting,
  prefix: 'lr.bench',
  run: end,
  timers: SYSTEM_TIMERS,
  schedule: (flushable) => setImmediate(() => flushable.flush()),
  maxMessage: 16 * MIB,
  stall: 15_000,
  observer: {
    opened(link) {
      link.handler = {
        ...IGNORES_FRAMES,
        from: (handle, payload) => arrived(handle, payload),
        to(handles, payload) {
          for (const handle of handles) arrived(handle, payload);
        },
      };
    },
    paceChanged() {},
    broken: (_link, _run, reason) => faults.push(`the link broke: ${reason}`),
  },
});
await bus.flush();

process.on('message', (message) => {
  const { question = message, detail } = message;
  if (question === 'start') start();
  else if (question === 'stop') answerStop();
  else if (question === 'verify') answerVerify(detail);
  else answerFigures();
});
process.on('disconnect', () => process.exit());
process.send('ready');

function start() {
  isSending = true;
  if (!sends) return;
  if (perTurn === 0) ping();
  else turn();
}

/** One message of each lane, as far as the link keeps up. */
function turn() {
  if (!isSending) return;
  const link = links.to(other);
  for (let i = 0; i < perTurn && link.keepsUp; i++) send(link, i % lanes);
  setImmediate(turn);
}

function send(link, lane) {
  if (receivers === 0) {
    link.from(lane, nextMessage(lane));
    return;
  }
  // Every player of a room gets the same message, and has the room's numbers.
  const message = nextMessage(lane * receivers);
  link.to(lane, lane * receivers, message);
  for (let i = 1; i < receivers; i++) {
    const handle = lane * receivers + i;
    sent.set(handle, (sent.get(handle) ?? 0) + 1);
    link.to(lane, handle, message);
  }
}

function nextMessage(lane) {
  const number = sent.get(lane) ?? 0;
  sent.set(lane, number + 1);
  return new Payload(content(number), text);
}

/** A number, and bytes that depend on it. */
function content(number) {
  const bytes = Buffer.allocUnsafe(size).fill(97 + (number % 26));
  bytes.write(String(number).padStart(12, '0'), 0, 'latin1');
  return bytes;
}

function arrived(handle, { bytes, text: isText }) {
  const number = received.get(handle) ?? 0;
  received.set(handle, number + 1);
  receivedCount++;
  const actual = readNumber(bytes);
  const filler = 97 + (number % 26);
  const isWhole = bytes.length === size && bytes[12] === filler && bytes[size - 1] === filler;
  if ((actual !== number || !isWhole || isText !== text) && faults.length < 10) {
    faults.push(`${handle} got ${actual} in place of ${number}, ${bytes.length} bytes`);
  }
  if (perTurn === 0 && isSending) answer();
}

function readNumber(bytes) {
  let number = 0;
  for (let i = 0; i < 12; i++) number = number * 10 + bytes[i] - 48;
  return number;
}

function ping() {
  sentAt = performance.now();
  links.to(other).from(0, nextMessage(0));
}

/** The rooms' end sends the message back, and the clients' end sends the next one. */
function answer() {
  if (!isClients) {
    links.to(other).to(0, 0, nextMessage(0));
    return;
  }
  trips.push(performance.now() - sentAt);
  ping();
}

function answerFigures() {
  const { user, system } = process.cpuUsage();
  process.send({ cpu: user + system, received: receivedCount, batches, trips });
}

function answerStop() {
  isSending = false;
  process.send({ sent: [...sent] });
}

/** Waits until everything has arrived, and compares the counts. */
async function answerVerify(expected) {
  const total = expected.reduce((sum, [, count]) => sum + count, 0);
  for (let tries = 0; tries < 500 && receivedCount < total; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  for (const [lane, count] of expected) {
    // In `ping`, the last message may have been sent after this end had stopped.
    const missing = count - (received.get(lane) ?? 0);
    if (missing !== 0) faults.push(`${lane} got ${count - missing} messages of ${count}`);
  }
  process.send({ faults });
}
