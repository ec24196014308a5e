import { type Broadcast, globals, type Resolved, randomKey } from './environment.js';

/** How long a tab with the same keepsake has to say so, in milliseconds. */
const ANSWER_TIME = 200;

const CHANNEL = 'lobby-relay';

/**
 * What a page remembers over a reload: its seat, or its room.
 *
 * A tab that is duplicated gets a copy of `sessionStorage`, and so of this. While a page uses its
 * keepsake, a mark beside it says which page does; the page takes the mark away when it is left. A
 * page that finds a mark is a duplicate, or its browser was killed: it asks around, and the page
 * whose mark it is answers.
 */
export class Keepsake {
  readonly #environment: Resolved;
  readonly #name: string;
  /** This page's mark. What is kept is none: it may have changed since the tab was duplicated. */
  readonly #page = randomKey();
  /** What it has found or kept: another one of this page may have kept something else since. */
  #value: string | undefined;
  #broadcast: Broadcast | undefined;
  #endings: (() => void)[] = [];

  /** @param name what it is for, the same after a reload */
  constructor(environment: Resolved, name: string) {
    this.#environment = environment;
    this.#name = `lobby-relay ${name}`;
  }

  /** What was kept, unless another tab uses it. */
  async find(): Promise<string | undefined> {
    const value = this.#read(this.#name);
    if (value === undefined) return undefined;
    const page = this.#environment.copied ? this.#read(this.#mark) : undefined;
    if (page !== undefined && (await this.#isThere(page))) return undefined;
    this.#value = value;
    return value;
  }

  /** Keeps a value until it is changed or dropped. */
  keep(value: string): void {
    this.#value = value;
    this.#write(this.#name, value);
    if (!this.#environment.copied || this.#endings.length > 0) return;
    this.#write(this.#mark, this.#page);
    this.#answerOthers();
    const leave = (): void => this.#remove(this.#mark, this.#page);
    const comeBack = (): void => this.#write(this.#mark, this.#page);
    globals.addEventListener?.('pagehide', leave);
    globals.addEventListener?.('pageshow', comeBack);
    this.#endings.push(leave, () => {
      globals.removeEventListener?.('pagehide', leave);
      globals.removeEventListener?.('pageshow', comeBack);
      this.#broadcast?.close();
    });
  }

  /** Forgets it. */
  drop(): void {
    this.#remove(this.#name, this.#value);
    this.release();
  }

  /** Leaves it for another time, or for whoever wants it. */
  release(): void {
    for (const end of this.#endings.splice(0)) end();
  }

  get #mark(): string {
    return `${this.#name} in use`;
  }

  #isThere(page: string): Promise<boolean> {
    const broadcast = openBroadcast();
    if (broadcast === undefined) return Promise.resolve(false);
    return new Promise((settle) => {
      const finish = (isThere: boolean): void => {
        cancel();
        broadcast.close();
        settle(isThere);
      };
      const cancel = this.#environment.clock.after(ANSWER_TIME, () => finish(false));
      broadcast.onmessage = ({ data }) => {
        if (data === `here ${page}`) finish(true);
      };
      broadcast.postMessage(`there? ${page}`);
    });
  }

  #answerOthers(): void {
    const broadcast = openBroadcast();
    if (broadcast === undefined) return;
    this.#broadcast = broadcast;
    broadcast.onmessage = ({ data }) => {
      if (data === `there? ${this.#page}`) broadcast.postMessage(`here ${this.#page}`);
    };
  }

  /** Storage may be full, or forbidden: then there is nothing kept. */
  #read(key: string): string | undefined {
    try {
      return this.#environment.storage?.getItem(key) ?? undefined;
    } catch {
      return undefined;
    }
  }

  #write(key: string, value: string): void {
    try {
      this.#environment.storage?.setItem(key, value);
    } catch {}
  }

  /** Removes a value, unless there is another one by now. */
  #remove(key: string, value: string | undefined): void {
    if (this.#read(key) !== value) return;
    try {
      this.#environment.storage?.removeItem(key);
    } catch {}
  }
}

function openBroadcast(): Broadcast | undefined {
  const { BroadcastChannel } = globals;
  return BroadcastChannel && new BroadcastChannel(CHANNEL);
}
