import {
  type ChildProcess,
  type ExecFileSyncOptions,
  execFileSync,
  spawn,
} from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { Inbox } from '../support/inbox.js';
import type { Tool } from '../support/tools.js';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** The folder for compiled programs and the caches of the compilers. */
const BUILT = fileURLToPath(new URL('../../node_modules/.cache/clients/', import.meta.url));

const SCRIPT = 'scripts/install-clients';

/** A role is a program: `host URL`, `player URL CODE SEAT_KEY NAME` or `encodings URL`. */
export type Role = 'host' | 'player' | 'encodings';

export interface Language {
  readonly name: string;
  readonly tool: Tool;
  /** Compiles its programs, where that is needed. */
  build?(): void;
  /** The command line of a role, without the role's arguments. */
  command(role: Role): readonly string[];
}

const PYTHON: Language = {
  name: 'Python (websockets, cbor2)',
  tool: tool('Python', ['/usr/bin/python3'], ['-c', 'import websockets, cbor2']),
  command: (role) => ['/usr/bin/python3', '-B', join(HERE, 'python', `${role}.py`)],
};

/** Debian's Go packages are sources below one GOPATH: no module is downloaded. */
const GO_PATH = '/usr/share/gocode';

const GO: Language = {
  name: 'Go (gorilla/websocket, fxamacker/cbor)',
  tool: tool('Go', [
    '/usr/bin/go',
    `${GO_PATH}/src/github.com/gorilla/websocket`,
    `${GO_PATH}/src/github.com/fxamacker/cbor`,
  ]),
  build() {
    const env = {
      PATH: process.env['PATH'] ?? '',
      GO111MODULE: 'off',
      GOPATH: GO_PATH,
      GOCACHE: join(BUILT, 'go-cache'),
    };
    run('/usr/bin/go', ['build', '-o', join(BUILT, 'go-client')], { cwd: join(HERE, 'go'), env });
  },
  command: (role) => [join(BUILT, 'go-client'), role],
};

const JARS = ['jackson-core', 'jackson-dataformat-cbor'].map((jar) => `/usr/share/java/${jar}.jar`);

const JAVA: Language = {
  name: 'Java (java.net.http, Jackson)',
  tool: tool('Java', ['/usr/bin/javac', ...JARS]),
  build() {
    const sources = ['Relay', 'Host', 'Player', 'Encodings'].map((name) =>
      join(HERE, 'java', `${name}.java`),
    );
    run('/usr/bin/javac', ['-d', join(BUILT, 'java'), '-cp', JARS.join(':'), ...sources]);
  },
  command: (role) => [
    '/usr/bin/java',
    ...'-Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp'.split(' '),
    [join(BUILT, 'java'), ...JARS].join(':'),
    `${role.charAt(0).toUpperCase()}${role.slice(1)}`,
  ],
};

const RUBY: Language = {
  name: 'Ruby (websocket-driver, cbor)',
  tool: tool('Ruby', ['/usr/bin/ruby'], ['-rwebsocket/driver', '-rcbor', '-e', '']),
  command: (role) => ['/usr/bin/ruby', join(HERE, 'ruby', `${role}.rb`)],
};

export const LANGUAGES: readonly Language[] = [PYTHON, GO, JAVA, RUBY];

const built = new Set<Language>();

/** A client of another language while it runs. */
export class Program {
  readonly #child: ChildProcess;
  /** The lines of its output, followed by how it ended. */
  readonly #lines = new Inbox<string | Error>();

  constructor(language: Language, role: Role, args: readonly string[]) {
    const { name, command, build } = language;
    if (!built.has(language)) build?.();
    built.add(language);
    const [file = '', ...first] = command(role);
    const child = spawn(file, [...first, ...args]);
    this.#child = child;
    onTestFinished(() => void child.kill('SIGKILL'));
    createInterface(child.stdout).on('line', (line) => this.#lines.put(line));
    let stderr = '';
    child.stderr.on('data', (text) => {
      stderr += text;
    });
    child.once('close', (code) => {
      this.#lines.put(new Error(`the ${role} in ${name} ended with ${code}: ${stderr}`));
    });
  }

  /**
   * The next line of its output.
   *
   * @throws if it ends without another line
   */
  async line(): Promise<string> {
    const line = await this.#lines.next();
    if (line instanceof Error) throw line;
    return line;
  }

  /** Waits until this is the next line. */
  async says(expected: string): Promise<void> {
    const line = await this.line();
    if (line !== expected) throw new Error(`expected "${expected}", got "${line}"`);
  }

  /** Writes a line to its input. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }
}

function tool(name: string, files: readonly string[], probe?: readonly string[]): Tool {
  return { name, files, script: SCRIPT, ...(probe && { probe }) };
}

function run(file: string, args: readonly string[], options: ExecFileSyncOptions = {}): void {
  mkdirSync(BUILT, { recursive: true });
  execFileSync(file, args, { ...options, stdio: ['ignore', 'inherit', 'inherit'] });
}
