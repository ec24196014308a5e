import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { Client, type Event } from './clients.js';

/** A client of Bellhop that speaks raw frames. */
export class BellhopClient extends Client<Event> {
  /** Its id for other connections. */
  id = '';

  /** Connects, and finds out its own id. */
  static async connect(
    url: string,
    query = '',
    options: ClientOptions = {},
  ): Promise<BellhopClient> {
    const socket = new WebSocket(`${url}/bellhop${query}`, options);
    const client = new BellhopClient(socket, ({ data, binary }) => {
      if (binary) throw new Error('Bellhop has no binary frames');
      return JSON.parse(data.toString());
    });
    onTestFinished(() => client.cut());
    await once(socket, 'open');
    client.send('{}');
    const { connectionId } = await client.next();
    return Object.assign(client, { id: connectionId });
  }

  do(action: string, content?: unknown): void {
    this.send(JSON.stringify({ action, ...(content !== undefined && { content }) }));
  }

  /** The next event, which has to have this name: its content. */
  async event(name: string): Promise<Event> {
    const { event, content, ...rest } = await this.next();
    if (event !== name || Object.keys(rest).length > 0) {
      throw new Error(`expected ${name}, got ${JSON.stringify({ event, content, ...rest })}`);
    }
    return content;
  }

  /** Starts a lobby; returns its name. */
  async start(lobby?: string): Promise<string> {
    this.do('start_lobby', lobby === undefined ? {} : { lobby_id: lobby });
    return (await this.event('lobby_started')).lobby_id;
  }

  /** Asks to join, and waits until the host has the request. */
  async ask(lobby: string, host: BellhopClient): Promise<void> {
    this.do('join_lobby', { lobby_id: lobby });
    const { connection_id } = await host.event('received_join_request');
    if (connection_id !== this.id) throw new Error(`${connection_id} asks instead of ${this.id}`);
  }

  /** Asks to join and is rejected; returns the reason. */
  async reasonNotToJoin(lobby: string): Promise<string> {
    this.do('join_lobby', { lobby_id: lobby });
    return (await this.event('join_request_rejected')).reason;
  }

  /** All events so far: sends an action that always fails, and returns the events before its failure. */
  async settled(): Promise<Event[]> {
    this.send('{}');
    const events: Event[] = [];
    for (;;) {
      const event = await this.next();
      if (event.message !== undefined) return events;
      events.push(event);
    }
  }
}

/** The reply to an action that fails without an event. */
export function isFailure(frame: Event, { id }: BellhopClient): boolean {
  const { message, connectionId, requestId } = frame;
  return (
    message === 'Internal server error' &&
    connectionId === id &&
    typeof requestId === 'string' &&
    Object.keys(frame).length === 3
  );
}
