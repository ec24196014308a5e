import { connect } from 'node:net';

const END_OF_HEAD = '\r\n\r\n';

/** One HTTP connection for requests with JSON, one at a time, that costs as little as possible. */
export class HttpClient {
  #socket;
  #head;
  #received = '';
  #resolve = () => {};
  #reject = () => {};

  constructor({ host, port, path }) {
    this.#head = `POST ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nContent-Length: `;
    this.#socket = connect({ host, port, noDelay: true });
    this.#socket.setEncoding('latin1');
    this.#socket.on('data', (text) => this.#read(text));
    this.#socket.on('error', (error) => this.#reject(error));
    this.#socket.on('close', () => this.#reject(new Error('the connection was closed')));
  }

  /**
   * Sends a body of ASCII.
   *
   * @param {string} body
   * @returns {Promise<{ status: number, text: string }>}
   */
  post(body) {
    this.#socket.write(`${this.#head}${body.length}${END_OF_HEAD}${body}`);
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  close() {
    this.#socket.destroy();
  }

  #read(text) {
    this.#received += text;
    const end = this.#received.indexOf(END_OF_HEAD);
    if (end < 0) return;
    const length = Number(/content-length: (\d+)/i.exec(this.#received.slice(0, end))?.[1]);
    const start = end + END_OF_HEAD.length;
    if (this.#received.length < start + length) return;
    const status = Number(this.#received.slice(9, 12));
    const body = this.#received.slice(start, start + length);
    this.#received = this.#received.slice(start + length);
    this.#resolve({ status, text: body });
  }
}
