import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { freePort } from './free-port.js';
import type { Tool } from './tools.js';

const DRIVER = '/usr/bin/WebKitWebDriver';
const DISPLAY_SERVER = '/usr/bin/Xvfb';
const BROWSER = '/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser';

/** WebKitGTK's small browser, its driver, and a display without a screen to show it on. */
export const WEBKIT: Tool = {
  name: 'WebKit',
  files: [DRIVER, DISPLAY_SERVER, BROWSER],
  script: 'scripts/install-webkit',
};

/** The timeout of a script, in milliseconds; only to detect hangs. */
const SCRIPT_TIMEOUT = 60_000;

/** A page of WebKit with its own storage, driven by WebDriver (W3C) until the test ends. */
export class WebKitPage {
  readonly #session: string;

  static async open(url: string): Promise<WebKitPage> {
    const port = await freePort();
    const driver = spawn(DRIVER, [`--port=${port}`], {
      env: {
        ...process.env,
        DISPLAY: await startDisplay(),
        // Its sandbox needs user namespaces, which containers do not have.
        WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
        LIBGL_ALWAYS_SOFTWARE: '1',
      },
      stdio: 'ignore',
    });
    endWithTest(driver);
    const address = `http://127.0.0.1:${port}`;
    const failed = once(driver, 'close').then(() => {
      throw new Error(`${DRIVER} has ended`);
    });
    failed.catch(() => {});
    const { sessionId } = await Promise.race([startSession(address), failed]);
    const page = new WebKitPage(`${address}/session/${sessionId}`);
    onTestFinished(async () => void (await page.#command('DELETE', '')));
    await page.#command('POST', '/timeouts', { script: SCRIPT_TIMEOUT });
    await page.goto(url);
    return page;
  }

  private constructor(session: string) {
    this.#session = session;
  }

  async goto(url: string): Promise<void> {
    await this.#command('POST', '/url', { url });
  }

  /** Runs the body of an async function on the page, and returns its result. */
  async run<Result>(body: string): Promise<Result> {
    const script = `
      const done = arguments[0];
      (async () => { ${body} })().then((value) => done({ value }), (error) => done({ error: String(error) }));`;
    const { value, error } = (await this.#command('POST', '/execute/async', {
      script,
      args: [],
    })) as { value: Result; error?: string };
    if (error !== undefined) throw new Error(error);
    return value;
  }

  /** Waits until an expression is true on the page. */
  async until(expression: string): Promise<void> {
    await this.run(`while (!(${expression})) await new Promise(requestAnimationFrame);`);
  }

  /** Waits until this can be read on the page. */
  async says(text: string): Promise<void> {
    await this.until(`document.body.innerText.includes(${JSON.stringify(text)})`);
  }

  /** The text of an element, once it exists. */
  async textOf(selector: string): Promise<string> {
    await this.until(`document.querySelector('${selector}')`);
    return this.run(`return document.querySelector('${selector}').textContent;`);
  }

  /** Clicks on the middle of an element, which must be visible. */
  async press(selector: string): Promise<void> {
    await this.#command('POST', `/element/${await this.#find(selector)}/click`, {});
  }

  /** Types into a field; `\n` is the Enter key. */
  async type(selector: string, text: string): Promise<void> {
    const keys = text.replaceAll('\n', '\uE007');
    await this.#command('POST', `/element/${await this.#find(selector)}/value`, { text: keys });
  }

  async #find(selector: string): Promise<string> {
    const found = (await this.#command('POST', '/element', {
      using: 'css selector',
      value: selector,
    })) as object;
    return Object.values(found)[0];
  }

  #command(method: string, path: string, body?: object): Promise<unknown> {
    return command(method, this.#session + path, body);
  }
}

/** Waits until the driver listens, which it does not report. */
async function startSession(address: string): Promise<{ sessionId: string }> {
  while (!(await fetch(`${address}/status`).catch(() => undefined))?.ok);
  const capabilities = {
    alwaysMatch: { 'webkitgtk:browserOptions': { binary: BROWSER, args: ['--automation'] } },
  };
  return (await command('POST', `${address}/session`, { capabilities })) as { sessionId: string };
}

/** One command of WebDriver. */
async function command(method: string, url: string, body?: object): Promise<unknown> {
  const answer = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  const { value } = (await answer.json()) as { value: unknown };
  if (!answer.ok) throw new Error(`${method} ${url}: ${JSON.stringify(value)}`);
  return value;
}

/** @returns the display's name, for `DISPLAY` */
async function startDisplay(): Promise<string> {
  const server = spawn(
    DISPLAY_SERVER,
    '-displayfd 3 -screen 0 1280x800x24 -nolisten tcp'.split(' '),
    {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    },
  );
  endWithTest(server);
  const [number] = await once(server.stdio[3] as Readable, 'data');
  return `:${String(number).trim()}`;
}

function endWithTest(child: ChildProcess): void {
  onTestFinished(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
  });
}
