// A game server for tests, started by a relay. Its argument says how it behaves.
import { WebSocket } from 'ws';

const { env } = process;
const [, , behaviour] = process.argv;
const bearer = { authorization: `Bearer ${env.LAUNCH_TOKEN}` };

/** Says on stdout what it gets, for the relay's log. */
const say = (...words) => console.log(...words);

/** As servers made with Bevygap: they end if they get no context. */
async function readContext() {
  const answer = await fetch(env.ARBITRIUM_CONTEXT_URL, {
    headers: { authorization: env.ARBITRIUM_CONTEXT_TOKEN },
  });
  const context = await answer.json();
  if (!context.public_ip || !context.location.city) throw new Error('no context');
  say('context', context.public_ip);
}

async function report(url, method, body) {
  const answer = await fetch(url, { method, headers: bearer, body });
  say(method, new URL(url).pathname.split('/').slice(3).join('/'), answer.status);
}

async function serve() {
  await readContext();
  const digest = Array(32).fill('ab').join(':');
  await report(env.LAUNCH_READY_URL, 'POST', JSON.stringify({ cert_digest: digest }));
}

function host() {
  const socket = new WebSocket(`${env.LAUNCH_CREATE_URL}&format=json`);
  socket.on('open', () => socket.send('{"cmd":"prepare","max_players":4,"name":"quiz","hold":60}'));
  socket.on('message', (text) => {
    const event = JSON.parse(text);
    if (event.cmd === 'from_str' && event.data === 'stop') socket.send('{"cmd":"stop"}');
  });
  socket.on('close', (code) => say('closed', code));
}

process.on('SIGTERM', () => {
  if (behaviour !== 'stubborn') process.exit(0);
});
setInterval(() => {}, 1000);
say('pid', process.pid);
if (behaviour === 'serve' || behaviour === 'stubborn') await serve();
if (behaviour === 'leak') {
  await serve();
  for (const [name, value] of Object.entries(env)) {
    if (/TOKEN|CREATE_URL/.test(name)) say(`${name}=${value}`);
  }
}
if (behaviour === 'host') host();
if (behaviour === 'die') process.exit(9);
if (behaviour === 'end') {
  await serve();
  await report(env.ARBITRIUM_DELETE_URL, 'DELETE');
  const headers = { authorization: env.ARBITRIUM_DELETE_TOKEN };
  say('end', (await fetch(env.ARBITRIUM_DELETE_URL, { method: 'DELETE', headers })).status);
}
