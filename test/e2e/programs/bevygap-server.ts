/*
 * A game server that does with its environment, its context and NATS what the server plugin of
 * Bevygap 0.2 does, by requests as Rust's client makes them. In place of netcode it takes datagrams
 * of text: `connect CLIENT` and `disconnect CLIENT`, and answers `ok` when NATS has it.
 *
 * Like the plugin, it ends with 1 whenever something is not as it expects.
 */
import { createSocket } from 'node:dgram';
import process from 'node:process';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';

const DIGEST = process.env['TEST_DIGEST'] ?? Array(32).fill('e3').join(':');
const SECOND = 1_000_000_000;

function variable(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

/** What Rust's client sends for every stream. */
const STREAM = {
  max_bytes: 0,
  max_msgs: 0,
  max_msgs_per_subject: 0,
  discard: 'old',
  retention: 'limits',
  max_consumers: 0,
  max_age: 0,
  storage: 'file',
  num_replicas: 1,
};

function bucket(name: string, description: string, seconds: number, bytes?: number) {
  return {
    ...STREAM,
    name: `KV_${name}`,
    subjects: [`$KV.${name}.>`],
    description,
    max_msgs_per_subject: 1,
    max_age: seconds * SECOND,
    ...(bytes !== undefined && { max_msg_size: bytes }),
    discard: 'new',
    allow_rollup_hdrs: true,
    deny_delete: true,
    allow_direct: true,
  };
}

const UNCLAIMED =
  'Any session ids we get from the API are stored here, and if they key age gets too big, we delete the session via the API.';

/** In the order in which the plugin creates them. */
const STREAMS = [
  bucket('sessions_eg2ly', 'Maps Edgegap Session IDs to Lightyear Client IDs', 30, 1024),
  bucket('sessions_ly2eg', 'Maps Lightyear Client IDs to Edgegap Session IDs', 30, 1024),
  bucket('active_connections', '', 0),
  bucket(
    'cert_digests',
    'Maps server public ip to their self-signed cert digests',
    1_209_600,
    1024,
  ),
  bucket('unclaimed_sessions', UNCLAIMED, 0, 1024),
  {
    ...STREAM,
    name: 'DELETE_SESSION_STREAM',
    subjects: ['edgegap_delete_session_q.*'],
    retention: 'workqueue',
  },
];

async function createStreams(nats: NatsConnection): Promise<void> {
  for (const stream of STREAMS) {
    const reply = await nats.request(
      `$JS.API.STREAM.CREATE.${stream.name}`,
      JSON.stringify(stream),
    );
    const { error } = reply.json<{ error?: { err_code: number } }>();
    if (error !== undefined) throw new Error(`${stream.name}: ${JSON.stringify(error)}`);
  }
}

async function get(nats: NatsConnection, name: string, key: string): Promise<string | undefined> {
  const entry = await nats.request(`$JS.API.DIRECT.GET.KV_${name}.$KV.${name}.${key}`);
  if (entry.headers?.code === 404 || entry.headers?.has('KV-Operation')) return undefined;
  return entry.string();
}

async function put(nats: NatsConnection, name: string, key: string, value: string) {
  await acknowledged(nats.request(`$KV.${name}.${key}`, value));
}

async function remove(nats: NatsConnection, name: string, key: string) {
  const mark = headers();
  mark.set('KV-Operation', 'DEL');
  await acknowledged(nats.request(`$KV.${name}.${key}`, '', { headers: mark, timeout: 5000 }));
}

async function acknowledged(reply: ReturnType<NatsConnection['request']>): Promise<void> {
  const { error } = (await reply).json<{ error?: unknown }>();
  if (error !== undefined) throw new Error(JSON.stringify(error));
}

interface Context {
  readonly public_ip: string;
  readonly fqdn: string;
  readonly request_id: string;
  readonly sockets: number;
  readonly location: { readonly city?: unknown; readonly country?: unknown };
}

/** The members without which the plugin ends, and what it needs of them. */
async function fetchContext(): Promise<Context> {
  const headers = { authorization: variable('ARBITRIUM_CONTEXT_TOKEN') };
  const response = await fetch(variable('ARBITRIUM_CONTEXT_URL'), { headers });
  if (!response.ok) throw new Error(`the context answers ${response.status}`);
  const context = (await response.json()) as Context;
  for (const name of ['public_ip', 'fqdn', 'request_id'] as const) {
    if (typeof context[name] !== 'string') throw new Error(`the context has no ${name}`);
  }
  if (typeof context.sockets !== 'number') throw new Error('the context has no sockets');
  if (context.location.city === undefined || context.location.country === undefined) {
    throw new Error('the context has no location');
  }
  return context;
}

for (const name of ['REQUEST_ID', 'DELETE_URL', 'DELETE_TOKEN', 'PUBLIC_IP']) {
  variable(`ARBITRIUM_${name}`);
}
JSON.parse(variable('ARBITRIUM_DEPLOYMENT_LOCATION'));
const { ports } = JSON.parse(variable('ARBITRIUM_PORTS_MAPPING'));

const nats = await connect({
  name: 'bevygap_server_plugin',
  servers: variable('NATS_HOST'),
  user: variable('NATS_USER'),
  pass: variable('NATS_PASSWORD'),
  ...(process.env['NATS_INSECURE'] === undefined && { tls: {} }),
});
await createStreams(nats);
const context = await fetchContext();
await put(nats, 'cert_digests', context.public_ip, DIGEST);
nats.publish('gameserver.contexts', JSON.stringify(context));
await nats.flush();

const sessions = new Map<string, string>();

async function handle(text: string): Promise<void> {
  const [action, client = ''] = text.split(' ');
  if (action === 'connect') {
    const session = await get(nats, 'sessions_ly2eg', client);
    if (session === undefined) throw new Error(`client ${client} is not mapped to a session`);
    sessions.set(client, session);
    await put(nats, 'active_connections', session, client);
  } else {
    const session = sessions.get(client);
    if (session !== undefined) await remove(nats, 'active_connections', session);
  }
}

const socket = createSocket('udp4');
socket.on('message', (data, from) => {
  void handle(String(data)).then(() => socket.send('ok', from.port, from.address));
});
const [port] = Object.values(ports) as { internal: number }[];
socket.bind(port?.internal, '127.0.0.1');
