import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';

const DEPLOY = new URL('../../deploy/', import.meta.url);

/** What of a project's configuration is different in a test. */
interface Setting {
  /** Where the proxy listens, on 127.0.0.1. */
  readonly port: number;
  /** Where the relay listens, on 127.0.0.1. */
  readonly relayPort: number;
  /** An empty directory for all that the proxy writes. */
  readonly directory: string;
  /** How long nothing may pass before the proxy cuts the line, in seconds, if it ever does. */
  readonly idleLimit: number;
}

/** A proxy that `deploy/` has a configuration for. */
export interface ProxyKind {
  readonly name: string;
  readonly executable: string;
  /** The environment variable that names another executable. */
  readonly variable: string;
  /** Writes the configuration, and says how to start the proxy in the foreground. */
  configure(setting: Setting): readonly string[];
  /** What it says on stderr when it takes connections. */
  readonly ready: string;
  /** Makes it leave when what it carries has ended. */
  readonly quit: NodeJS.Signals;
}

/** A proxy in front of a relay. */
export interface Proxy {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT` */
  readonly http: string;
  /** Waits until all that it carries has ended, stops it, and gives all that it has logged. */
  stop(): Promise<string>;
}

export const NGINX: ProxyKind = {
  name: 'nginx',
  executable: process.env['NGINX'] ?? '/usr/sbin/nginx',
  variable: 'NGINX',
  configure({ port, relayPort, directory, idleLimit }) {
    const site = adapted('nginx.conf', [
      ['listen 80;', `listen 127.0.0.1:${port};`],
      ['listen [::]:80;', ''],
      ['http://127.0.0.1:8081;', `http://127.0.0.1:${relayPort};`],
      ['/var/log/nginx/', `${directory}/`],
      ['proxy_read_timeout 60s;', `proxy_read_timeout ${idleLimit}s;`],
    ]);
    writeFileSync(join(directory, 'site.conf'), site);
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
    const main = `
      error_log stderr notice;
      pid ${directory}/pid;
      worker_processes 2;
      events { worker_connections 1024; }
      http {
        access_log ${directory}/access.log;
        ${temporary.map((name) => `${name}_temp_path ${directory}/${name};`).join('\n')}
        include ${directory}/site.conf;
      }`;
    writeFileSync(join(directory, 'nginx.conf'), main);
    return ['-c', join(directory, 'nginx.conf'), '-p', directory, '-g', 'daemon off;'];
  },
  ready: 'start worker process ',
  quit: 'SIGQUIT',
};

export const CADDY: ProxyKind = {
  name: 'caddy',
  executable: process.env['CADDY'] ?? '/usr/bin/caddy',
  variable: 'CADDY',
  configure({ port, relayPort, directory }) {
    const site = adapted('Caddyfile', [
      // No certificate, and no second port that takes commands.
      ['\tlog {', '\tadmin off\n\tauto_https off\n\tlog {'],
      ['relay.example.com {', `http://127.0.0.1:${port} {\n\tbind 127.0.0.1`],
      ['reverse_proxy 127.0.0.1:8081', `reverse_proxy 127.0.0.1:${relayPort}`],
    ]);
    writeFileSync(join(directory, 'Caddyfile'), site);
    return ['run', '--adapter', 'caddyfile', '--config', join(directory, 'Caddyfile')];
  },
  ready: 'serving initial configuration',
  quit: 'SIGTERM',
};

/**
 * Whether this proxy is there to test with: what needs it is skipped without it. Not in CI, where a
 * test that is silently skipped would go unnoticed for ever.
 *
 * @throws if it is not there in CI
 */
export function isHere({ name, executable, variable }: ProxyKind): boolean {
  if (existsSync(executable)) return true;
  const reason = `no ${name} at ${executable}: run scripts/install-proxies, or set ${variable}`;
  if (process.env['CI']) throw new Error(reason);
  console.warn(`tests behind ${name} are skipped: ${reason}`);
  return false;
}

/**
 * Starts a proxy with the project's own configuration in front of a relay on 127.0.0.1, until the
 * test is over.
 */
export async function startProxy(
  kind: ProxyKind,
  relayPort: number,
  { idleLimit = 60 } = {},
): Promise<Proxy> {
  for (;;) {
    const port = await freePort();
    const proxy = await tryStart(kind, { port, relayPort, idleLimit });
    if (proxy !== undefined) return proxy;
  }
}

/** @returns `undefined` if somebody else took the port in the meantime */
async function tryStart(
  { executable, configure, ready, quit }: ProxyKind,
  ports: Omit<Setting, 'directory'>,
): Promise<Proxy | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'lobby-relay-proxy-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const child = spawn(executable, configure({ ...ports, directory }), {
    env: { PATH: process.env['PATH'] ?? '', HOME: directory },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'close');
  const log = collect(child);
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
  });

  const failed = ended.then(() => false);
  if (!(await Promise.race([log.says(ready).then(() => true), failed]))) {
    if (/address already in use/i.test(log.text)) return undefined;
    throw new Error(`${executable} does not start: ${log.text}`);
  }
  return {
    url: `ws://127.0.0.1:${ports.port}`,
    http: `http://127.0.0.1:${ports.port}`,
    async stop() {
      child.kill(quit);
      await ended;
      const files = ['access.log', 'lobby-relay.log', 'lobby-relay-error.log']
        .map((name) => join(directory, name))
        .filter(existsSync);
      return [log.text, ...files.map((file) => readFileSync(file, 'utf8'))].join('\n');
    },
  };
}

/** A configuration of the project with each of these in place of what is written there once. */
function adapted(name: string, changes: readonly [was: string, is: string][]): string {
  let text = readFileSync(new URL(name, DEPLOY), 'utf8');
  for (const [was, is] of changes) {
    if (!text.includes(was)) throw new Error(`deploy/${name} has no "${was}" any more`);
    text = text.replaceAll(was, is);
  }
  return text;
}

/** What a process says on stderr. */
function collect(child: ChildProcess): {
  readonly text: string;
  says(text: string): Promise<void>;
} {
  let text = '';
  let look = (): void => {};
  child.stderr?.on('data', (chunk) => {
    text += chunk;
    look();
  });
  return {
    get text() {
      return text;
    },
    says: (expected) =>
      new Promise((resolve) => {
        look = () => {
          if (text.includes(expected)) resolve();
        };
        look();
      }),
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('not a port');
  return address.port;
}
