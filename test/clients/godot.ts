import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Inbox } from '../support/inbox.js';
import { executable, pathOf } from '../support/tools.js';

export const GODOT = executable(
  'Godot',
  '/usr/bin/godot3-server',
  'GODOT',
  'scripts/install-godot',
);

const SCENE = fileURLToPath(new URL('../../examples/godot', import.meta.url));

/** Runs the scene of examples/godot in a process without a window until the test ends. */
export class GodotScene {
  readonly #lines = new Inbox<string>();
  readonly #seen: string[] = [];

  constructor(...args: readonly string[]) {
    const home = mkdtempSync(join(tmpdir(), 'lobby-relay-godot-'));
    const engine = spawn(pathOf(GODOT), ['--path', SCENE, ...args], {
      env: { ...process.env, HOME: home, LANG: 'en', XDG_DATA_HOME: home },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const output of [engine.stdout, engine.stderr]) {
      createInterface({ input: output }).on('line', (line) => this.#lines.put(line));
    }
    const ended = new Promise((resolve) => engine.once('close', resolve));
    void ended.then(() => this.#lines.put('(the engine has ended)'));
    onTestFinished(async () => {
      engine.kill('SIGKILL');
      await ended;
      rmSync(home, { recursive: true, force: true });
    });
  }

  /** Waits until the scene shows this text. */
  async says(words: string): Promise<void> {
    for (;;) {
      const line = await this.#lines.next();
      if (line === words) return;
      this.#seen.push(line);
      if (/SCRIPT ERROR|has ended/.test(line)) throw new Error(this.#seen.join('\n'));
    }
  }
}
