import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';
import { freePort } from '../support/free-port.js';
import { executable, pathOf, type Tool } from '../support/tools.js';

const DEPLOY = new URL('../../deploy/', import.meta.url);

/** Settings of a test that differ from the project's configuration. */
interface Setting {
  /** Where the proxy listens, on 127.0.0.1. */
  readonly port: number;
  /** Where the relays listen, on 127.0.0.1: at least one. */
  readonly relayPorts: readonly number[];
  /** An empty directory for files of the proxy. */
  readonly directory: string;
  /** The proxy's idle timeout in seconds, if it has one. */
  readonly idleLimit: number;
}

/** A proxy that `deploy/` has a configuration for. */
export interface ProxyKind {
  readonly name: string;
  readonly tool: Tool;
  /** Writes the configuration, and returns the command that starts the proxy in the foreground. */
  configure(setting: Setting): readonly string[];
  /** A line on stderr that shows that it accepts connections. */
  readonly ready: string;
  /** Stops it gracefully, after its connections have ended. */
  readonly quit: NodeJS.Signals;
}

/** A proxy in front of a relay. */
export interface Proxy {
  /** `ws://127.0.0.1:PORT` */
  readonly url: string;
  /** `http://127.0.0.1:PORT` */
  readonly http: string;
  /** Waits until its connections have ended, stops it, and returns its logs. */
  stop(): Promise<string>;
}

export const NGINX: ProxyKind = {
  name: 'nginx',
  tool: executable('nginx', '/usr/sbin/nginx', 'NGINX', 'scripts/install-proxies'),
  configure(setting) {
    const address = `http://127.0.0.1:${portOf(setting, 0)};`;
    const site = adaptedNginx('nginx.conf', setting, [['http://127.0.0.1:8081;', address]]);
    return nginxWith(site, setting);
  },
  ready: 'start worker process ',
  quit: 'SIGQUIT',
};

/** The same in front of a cluster of three relays, of which the test may have fewer. */
export const NGINX_FOR_CLUSTER: ProxyKind = {
  ...NGINX,
  name: 'nginx for a cluster',
  configure(setting) {
    const addresses = [0, 1, 2].map((relay): [string, string] => {
      return [`10.0.0.2${relay}:8081`, `127.0.0.1:${portOf(setting, relay)}`];
    });
    return nginxWith(adaptedNginx('cluster/nginx.conf', setting, addresses), setting);
  },
};

/**
 * nginx in front of a relay with two workers, which have the other two ports. The header `X-Upstream` of an
 * answer has the address that it comes from.
 */
export const NGINX_FOR_WORKERS: ProxyKind = {
  ...NGINX,
  configure(setting) {
    const { directory } = setting;
    const command = NGINX.configure(setting);
    const map = adapted('nginx-workers.conf', [
      ['127.0.0.1:8081;', `127.0.0.1:${portOf(setting, 0)};`],
      ['127.0.0.1:8082;', `127.0.0.1:${portOf(setting, 1)};`],
      ['127.0.0.1:8083;', `127.0.0.1:${portOf(setting, 2)};`],
    ]);
    const path = join(directory, 'site.conf');
    const site = readFileSync(path, 'utf8').replace(
      `proxy_pass http://127.0.0.1:${portOf(setting, 0)};`,
      'proxy_pass http://$lobby_relay; add_header X-Upstream $upstream_addr always;',
    );
    writeFileSync(path, `${map}\n${site}`);
    return command;
  },
};

export const CADDY: ProxyKind = {
  name: 'caddy',
  tool: executable('Caddy', '/usr/bin/caddy', 'CADDY', 'scripts/install-proxies'),
  configure(setting) {
    const address = `reverse_proxy 127.0.0.1:${portOf(setting, 0)}`;
    return caddyWith(setting, 'Caddyfile', [
      ['relay.example.com {', siteAt(setting)],
      ['reverse_proxy 127.0.0.1:8081', address],
    ]);
  },
  ready: 'serving initial configuration',
  quit: 'SIGTERM',
};

/** The same in front of a cluster of three relays, of which the test may have fewer. */
export const CADDY_FOR_CLUSTER: ProxyKind = {
  ...CADDY,
  name: 'caddy for a cluster',
  configure(setting) {
    const addresses = [0, 1, 2].map((relay): [string, string] => {
      return [`relay-${relay}{$RELAYS}:8081`, `127.0.0.1:${portOf(setting, relay)}`];
    });
    const site: [string, string] = ['{$DOMAIN:relay.example.com} {', siteAt(setting)];
    return caddyWith(setting, 'cluster/Caddyfile', [site, ...addresses]);
  },
};

/** The port of a relay; of the first one, if there are fewer. */
function portOf({ relayPorts }: Setting, relay: number): number {
  const [first] = relayPorts;
  if (first === undefined) throw new Error('no relay');
  return relayPorts[relay] ?? first;
}

function adaptedNginx(
  name: string,
  { port, directory, idleLimit }: Setting,
  addresses: readonly [was: string, is: string][],
): string {
  return adapted(name, [
    ['listen 80;', `listen 127.0.0.1:${port};`],
    ['listen [::]:80;', ''],
    ['/var/log/nginx/', `${directory}/`],
    ['proxy_read_timeout 60s;', `proxy_read_timeout ${idleLimit}s;`],
    ...addresses,
  ]);
}

/** Writes a main configuration with this site, and returns the arguments of nginx. */
function nginxWith(site: string, { directory }: Setting): readonly string[] {
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
}

/** Writes a configuration, and returns the arguments of Caddy. */
function caddyWith(
  { directory }: Setting,
  name: string,
  changes: readonly [was: string, is: string][],
): readonly string[] {
  // No certificate, and no second port that takes commands.
  const local: [string, string] = ['{\n\t# Log no', '{\n\tadmin off\n\tauto_https off\n\t# Log no'];
  writeFileSync(join(directory, 'Caddyfile'), adapted(name, [local, ...changes]));
  return ['run', '--adapter', 'caddyfile', '--config', join(directory, 'Caddyfile')];
}

/** The beginning of a site of Caddy. */
function siteAt({ port }: Setting): string {
  return `http://127.0.0.1:${port} {\n\tbind 127.0.0.1`;
}

/**
 * Runs a proxy with the project's configuration in front of relays on 127.0.0.1 until the test ends.
 */
export async function startProxy(
  kind: ProxyKind,
  relayPorts: number | readonly number[],
  { idleLimit = 60 } = {},
): Promise<Proxy> {
  for (;;) {
    const port = await freePort();
    const setting = { port, relayPorts: [relayPorts].flat(), idleLimit };
    const proxy = await tryStart(kind, setting);
    if (proxy !== undefined) return proxy;
  }
}

/** @returns `undefined` if another program has taken the port in the meantime */
async function tryStart(
  { tool, configure, ready, quit }: ProxyKind,
  ports: Omit<Setting, 'directory'>,
): Promise<Proxy | undefined> {
  const directory = mkdtempSync(join(tmpdir(), 'lobby-relay-proxy-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const child = spawn(pathOf(tool), configure({ ...ports, directory }), {
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
    throw new Error(`${tool.name} does not start: ${log.text}`);
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

/** A configuration of the project with replacements for texts that occur in it. */
function adapted(name: string, changes: readonly [was: string, is: string][]): string {
  let text = readFileSync(new URL(name, DEPLOY), 'utf8');
  for (const [was, is] of changes) {
    if (!text.includes(was)) throw new Error(`deploy/${name} has no "${was}" any more`);
    text = text.replaceAll(was, is);
  }
  return text;
}

/** The output of a process on stderr. */
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
