import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request that the service has received. */
export interface ReceivedRequest {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export type Handler = (response: ServerResponse, request: IncomingMessage) => void;

/** A service with Edgegap's API for sessions, until the end of the test. */
export class FakeEdgegap {
  readonly requests: ReceivedRequest[] = [];
  /** The next answers, by method. The last answer of a method is repeated. */
  readonly answers: Record<string, Handler[]> = { POST: [], GET: [], DELETE: [] };
  url = '';
  readonly #waiting: { readonly line: RegExp; readonly found: () => void }[] = [];

  static async start(): Promise<FakeEdgegap> {
    const service = new FakeEdgegap();
    const server = createServer((request, response) => service.#answer(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    service.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return service;
  }

  /** Waits for a request whose method and path match. */
  waitFor(line: RegExp): Promise<void> {
    if (this.requests.some((request) => line.test(request.line))) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ line, found }));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      this.requests.push({ line, authorization: request.headers.authorization, body });
      const answers = this.answers[request.method ?? ''] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined) response.writeHead(500).end();
      else answer(response, request);
      for (const { line: expected, found } of this.#waiting) if (expected.test(line)) found();
    });
  }
}

export function json(status: number, body: unknown): Handler {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}
