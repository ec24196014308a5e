import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Host, joined } from '../support/clients.js';
import { LINUX, requires } from '../support/tools.js';

const SCRIPT = '/usr/bin/script';
const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

const TERMINAL = requires(existsSync(SCRIPT), `no ${SCRIPT} of util-linux`, LINUX);

/** Runs the relay on a separate terminal, with a shell that reports its exit code. */
class TerminalRelay {
  readonly #terminal: ChildProcess;
  readonly #exitCode: Promise<number>;
  #screen = '';
  #wake: () => void = () => {};

  constructor() {
    const run = `"${process.execPath}" "${CLI}" -H 127.0.0.1 -p 0`;
    // The outer shell ends with the terminal, as a login shell does; the inner one reports, on a
    // descriptor of its own.
    const command = `(trap "" HUP; trap : INT; ${run}; echo $? >&3); :`;
    this.#terminal = spawn(SCRIPT, ['--quiet', '--flush', '--command', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] ?? '', SHELL: '/bin/sh' },
    });
    onTestFinished(() => void this.#terminal.kill('SIGKILL'));
    // Read from the start: Node drops what nobody reads once the process has ended.
    this.#exitCode = numberFrom(this.#terminal.stdio[3] as Readable);
    this.#terminal.stdout?.on('data', (bytes) => {
      this.#screen += bytes;
      this.#wake();
    });
  }

  /** The first match in the output of the terminal. */
  async shows(pattern: RegExp): Promise<string> {
    for (;;) {
      const [match] = pattern.exec(this.#screen) ?? [];
      if (match !== undefined) return match;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  type(keys: string): void {
    this.#terminal.stdin?.write(keys);
  }

  /** Closes the terminal, as a lost SSH connection does. */
  hangUp(): void {
    this.#terminal.kill('SIGKILL');
  }

  /** The exit code as a shell sees it: 128 and more for a signal. */
  exitCode(): Promise<number> {
    return this.#exitCode;
  }
}

/** Reads a number from a stream. */
async function numberFrom(stream: Readable): Promise<number> {
  let text = '';
  for await (const bytes of stream) text += bytes;
  return Number.parseInt(text, 10);
}

async function relayWithGame() {
  const relay = new TerminalRelay();
  const url = await relay.shows(/ws:\/\/127\.0\.0\.1:\d+(?=")/);
  const host = await Host.open(url);
  return { relay, clients: [host, await joined(url, host)] };
}

describe('on a terminal', TERMINAL, () => {
  test('Ctrl+C prints what happens and what a second one does', async () => {
    const { relay, clients } = await relayWithGame();
    relay.type('\x03');
    await relay.shows(/Closing all connections\. Press Ctrl\+C again to stop at once\./);
    for (const { closed } of clients) expect((await closed).code).toBe(1012);
    expect(await relay.exitCode()).toBe(0);
  });

  test('that is closed, the relay closes all connections, and does not crash', async () => {
    const { relay, clients } = await relayWithGame();
    relay.hangUp();
    for (const { closed } of clients) expect((await closed).code).toBe(1012);
    expect(await relay.exitCode()).toBe(129);
  });
});
