import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort, startProgram } from '../harness/processes.js';

const PROGRAM = process.env['NATS_SERVER'] ?? '/usr/sbin/nats-server';
const LISTENING = /Listening for client connections on 127\.0\.0\.1:(\d+)/;
const READY = /Server is ready/;

/**
 * Starts a nats-server with JetStream on loopback, which ends with this process.
 *
 * @param {number} [core] the core to use; any by default
 */
export async function startNats(core) {
  const directory = mkdtempSync(join(tmpdir(), 'lobby-relay-bench-nats-'));
  const removeFiles = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', removeFiles);
  const monitor = await freePort();
  const args = ['-a', '127.0.0.1', '-p', '-1', '-m', `${monitor}`, '-js', '-sd', directory];
  const child = startProgram([PROGRAM, ...args], core, ['ignore', 'ignore', 'pipe']);
  const port = await new Promise((resolve, reject) => {
    let log = '';
    let found;
    createInterface(child.stderr).on('line', (line) => {
      log += `${line}\n`;
      found = LISTENING.exec(line)?.[1] ?? found;
      if (READY.test(line)) resolve(found);
    });
    child.once('close', () => {
      reject(new Error(`no nats-server at ${PROGRAM} (scripts/install-nats): ${log}`));
    });
  });
  return {
    pid: child.pid,
    url: `nats://127.0.0.1:${port}`,
    /** How many bytes and messages it has received and sent so far. */
    async traffic() {
      const answer = await fetch(`http://127.0.0.1:${monitor}/varz`);
      const { in_bytes, out_bytes, in_msgs, out_msgs, version } = await answer.json();
      return { bytes: in_bytes + out_bytes, messages: in_msgs + out_msgs, version };
    },
    async stop() {
      child.kill('SIGKILL');
      await once(child, 'exit');
      process.off('exit', removeFiles);
      removeFiles();
    },
  };
}
