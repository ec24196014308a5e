import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A request as the service got it. */
export interface Got {
  readonly line: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export type Answering = (response: ServerResponse, request: IncomingMessage) => void;

/** A service that speaks Edgegap's calls for sessions, until the test is over. */
export class FakeEdgegap {
  readonly got: Got[] = [];
  /** The answers that are left, by method; the last one of a method is given again and again. */
  readonly answers: Record<string, Answering[]> = { POST: [], GET: [], DELETE: [] };
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
  asked(line: RegExp): Promise<void> {
    if (this.got.some((got) => line.test(got.line))) return Promise.resolve();
    return new Promise((found) => this.#waiting.push({ line, found }));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (text) => {
      body += text;
    });
    request.on('end', () => {
      const line = `${request.method} ${request.url}`;
      this.got.push({ line, authorization: request.headers.authorization, body });
      const answers = this.answers[request.method ?? ''] ?? [];
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer === undefined) response.writeHead(500).end();
      else answer(response, request);
      for (const { line: wanted, found } of this.#waiting) if (wanted.test(line)) found();
    });
  }
}

export function json(status: number, body: unknown): Answering {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
}
