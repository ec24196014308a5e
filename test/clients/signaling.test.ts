import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import axios from 'axios';
import oldAxios from 'axios-1.2';
import { expect, test } from 'vitest';
import { startRelay } from '../support/relay.js';
import { executable, needs, pathOf, type Tool } from '../support/tools.js';

/*
 * Requests of signaling-server with the defaults of HTTP libraries: each sends its own `Content-Type`, a
 * body in chunks or with a length, and may offer HTTP/2 or wait for 100 Continue.
 */

interface Answer {
  readonly status: number;
  readonly type: string;
  /** Text, or the value if the library has parsed JSON. */
  readonly text: unknown;
}

type Library = (url: string, ...bodies: string[]) => Promise<Answer[]>;

const run = promisify(execFile);

const SCRIPT = 'scripts/install-clients';
const PROGRAMS = fileURLToPath(new URL('signaling/', import.meta.url));
const CURL = executable('curl', '/usr/bin/curl', 'CURL', SCRIPT);
const PYTHON: Tool = { name: 'Python', files: ['/usr/bin/python3'], script: SCRIPT };
const REQUESTS: Tool = { ...PYTHON, probe: ['-c', 'import requests'] };
const RUBY: Tool = { name: 'Ruby', files: ['/usr/bin/ruby'], script: SCRIPT };
const JAVA: Tool = { name: 'Java', files: ['/usr/bin/java', '/usr/bin/javac'], script: SCRIPT };

async function introducesTwoEnds(library: Library): Promise<void> {
  const { http } = await startRelay();
  const url = `${http}/signaling`;
  const post = async (...requests: object[]): Promise<Answer[]> => {
    const answers = await library(url, ...requests.map((request) => JSON.stringify(request)));
    return answers.map(({ text, ...rest }) => ({ ...rest, text: parsed(text) }));
  };
  const json = (value: unknown) => ({ status: 200, type: 'application/json', text: value });
  const empty = { status: 200, type: 'text/plain', text: '' };
  const [created] = await post({ method: 'create_data_channel' });
  expect(created).toEqual(json({ channel_id: expect.any(String) }));
  const { channel_id } = (created as Answer).text as { channel_id: string };
  const offer = `v=0\r\n${'o'.repeat(3000)}`;
  const candidate = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 };
  expect(
    await post(
      { method: 'create_offer', channel_id, offer },
      { method: 'get_offer', channel_id },
      { method: 'get_answer', channel_id },
      { method: 'create_answer', channel_id, answer: 'a' },
      { method: 'create_candidate', channel_id, candidate },
      { method: 'get_candidates', channel_id },
    ),
  ).toEqual([
    empty,
    json({ offer }),
    { status: 400, type: 'text/plain', text: 'answer not found' },
    empty,
    empty,
    json({ items: [candidate] }),
  ]);
}

function parsed(text: unknown): unknown {
  return typeof text === 'string' && text.startsWith('{') ? JSON.parse(text) : text;
}

async function inTurn(
  bodies: string[],
  post: (body: string) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const body of bodies) answers.push(await post(body));
  return answers;
}

const byAxios =
  (library: typeof axios): Library =>
  (url, ...bodies) =>
    inTurn(bodies, async (body) => {
      const answer = await library.post(url, JSON.parse(body), { validateStatus: () => true });
      const type = String(answer.headers['content-type']);
      return { status: answer.status, type, text: answer.data };
    });

const byFetch: Library = (url, ...bodies) =>
  inTurn(bodies, async (body) => {
    const answer = await fetch(url, { method: 'POST', body });
    const type = String(answer.headers.get('content-type'));
    return { status: answer.status, type, text: await answer.text() };
  });

/** Sends a stream as the body, which is sent in chunks. */
const byFetchOfStream: Library = (url, ...bodies) =>
  inTurn(bodies, async (body) => {
    const stream = new Blob([body]).stream();
    const init = { method: 'POST', body: stream, duplex: 'half' } as RequestInit;
    const answer = await fetch(url, init);
    const type = String(answer.headers.get('content-type'));
    return { status: answer.status, type, text: await answer.text() };
  });

/** @param options the options with which curl sends its standard input */
const byCurl =
  (...options: string[]): Library =>
  (url, ...bodies) =>
    inTurn(bodies, async (body) => {
      const format = '\n%{http_code} %{content_type}';
      const child = spawn(pathOf(CURL), ['--silent', '--write-out', format, ...options, url]);
      child.stdin.end(body);
      let output = '';
      for await (const text of child.stdout) output += text;
      const end = output.lastIndexOf('\n');
      const [status, type = ''] = output.slice(end + 1).split(' ');
      return { status: Number(status), type, text: output.slice(0, end) };
    });

async function lines(file: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await run(file, args);
  return stdout.trimEnd().split('\n');
}

const byPython =
  (library: 'urllib' | 'requests'): Library =>
  async (...args) =>
    (await lines(pathOf(PYTHON), '-B', `${PROGRAMS}post.py`, library, ...args)).map((line) =>
      JSON.parse(line),
    );

const byRuby: Library = async (...args) =>
  (await lines(pathOf(RUBY), `${PROGRAMS}post.rb`, ...args)).map((line) => JSON.parse(line));

const byJava: Library = async (...args) => {
  const options = ['-Xmx128m', '-XX:TieredStopAtLevel=1', `${PROGRAMS}Post.java`];
  const said = await lines(pathOf(JAVA), ...options, ...args);
  return said.map((line) => {
    const [status, type = ''] = line.split(' ', 2);
    return { status: Number(status), type, text: line.slice(`${status} ${type} `.length) };
  });
};

test.each<[string, Library]>([
  ['axios', byAxios(axios)],
  ['axios 1.2', byAxios(oldAxios as unknown as typeof axios)],
  ['fetch in Node.js', byFetch],
  ['fetch in Node.js, of a stream', byFetchOfStream],
])('%s', (_, library) => introducesTwoEnds(library));

test.each<[string, string[]]>([
  ['as a form', ['--data-binary', '@-']],
  ['in chunks', ['--request', 'POST', '--upload-file', '-']],
  ['that offers HTTP/2', ['--http2', '--data-binary', '@-']],
  ['that waits for permission', ['--header', 'Expect: 100-continue', '--data-binary', '@-']],
  ['by HTTP/1.0', ['--http1.0', '--data-binary', '@-']],
])('curl, %s', needs(CURL), (_, options) => introducesTwoEnds(byCurl(...options)));

test('urllib in Python', needs(PYTHON), () => introducesTwoEnds(byPython('urllib')));
test('requests in Python', needs(REQUESTS), () => introducesTwoEnds(byPython('requests')));
test('Net::HTTP in Ruby', needs(RUBY), () => introducesTwoEnds(byRuby));
test('java.net.http in Java', needs(JAVA), () => introducesTwoEnds(byJava));
