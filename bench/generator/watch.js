import { performance } from 'node:perf_hooks';
import { cpuOf, rssOf } from './process-stats.js';

const RSS_EVERY = 200;

/** Measures the CPU time and memory of the server, and how busy this process is. */
export class Watch {
  #pid;
  #others;
  #poller;
  #start = performance.now();
  #server;
  #othersBefore;
  #own = process.cpuUsage();
  #idle;
  #rss = [];
  #timer;

  /**
   * @param {number | undefined} pid the process id of the server
   * @param {import('./poller.js').Poller | undefined} poller measures this process if it never sleeps
   * @param {number[]} others process ids of other processes that take part
   */
  constructor(pid, poller, others = []) {
    this.#pid = pid;
    this.#others = others;
    this.#othersBefore = others.map(totalOf);
    this.#poller = poller;
    this.#server = cpuOf(pid);
    this.#idle = poller?.idle;
    this.#timer = setInterval(() => this.#rss.push(rssOf(pid) ?? 0), RSS_EVERY);
  }

  /**
   * Ends the measurement and returns the figures: times in seconds, sizes in bytes, shares from 0
   * to 1.
   */
  end() {
    clearInterval(this.#timer);
    this.#rss.push(rssOf(this.#pid) ?? 0);
    const seconds = (performance.now() - this.#start) / 1000;
    const server = cpuOf(this.#pid);
    const own = process.cpuUsage(this.#own);
    const busy =
      this.#poller === undefined
        ? (own.user + own.system) / 1e6
        : seconds - (this.#poller.idle - this.#idle) / 1000;
    return {
      seconds,
      others: this.#others.map((pid, i) => totalOf(pid) - this.#othersBefore[i]),
      serverUser: server && server.user - this.#server.user,
      serverSystem: server && server.system - this.#server.system,
      rss: Math.max(...this.#rss),
      generatorShare: busy / seconds,
    };
  }
}

function totalOf(pid) {
  const { user, system } = cpuOf(pid) ?? { user: 0, system: 0 };
  return user + system;
}
