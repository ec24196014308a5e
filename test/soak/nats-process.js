// A nats-server with JetStream, which keeps its port and its data when it is killed.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = process.env['NATS_SERVER'] ?? '/usr/sbin/nats-server';
const LISTENING = /Listening for client connections on 127\.0\.0\.1:(\d+)/;
const READY = /Server is ready/;

export class NatsProcess {
  /** -1 lets it choose a port at its first start. */
  port = -1;
  #directory = mkdtempSync(join(tmpdir(), 'relay-soak-nats-'));
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;

  static async start() {
    if (!existsSync(PROGRAM)) {
      throw new Error(`no nats-server at ${PROGRAM}: run scripts/install-nats, or set NATS_SERVER`);
    }
    const nats = new NatsProcess();
    process.once('exit', () => {
      nats.#child?.kill('SIGKILL');
      rmSync(nats.#directory, { recursive: true });
    });
    await nats.run();
    return nats;
  }

  async run() {
    const args = ['-a', '127.0.0.1', '-p', `${this.port}`, '-js', '-sd', this.#directory];
    const child = spawn(PROGRAM, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child = child;
    let log = '';
    await new Promise((ready, fail) => {
      createInterface(child.stderr).on('line', (line) => {
        log += `${line}\n`;
        this.port = Number(LISTENING.exec(line)?.[1] ?? this.port);
        if (READY.test(line)) ready(undefined);
      });
      child.once('close', () => fail(new Error(`nats-server has ended: ${log}`)));
    });
  }

  /** Kills it, as in a crash. */
  async kill() {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const ended = once(child, 'close');
    child.kill('SIGKILL');
    await ended;
  }
}
