import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An HTTP response whose body is written part by part. */
export interface StreamedAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  /**
   * Begins to write the body.
   *
   * @returns what is called when the response is closed, also if the client has left
   */
  readonly stream: (body: StreamedBody) => () => void;
}

/** The body of a response. */
export interface StreamedBody {
  /** Writes a part; it is left out if the client does not read. */
  write(text: string): void;
  /** Writes the last part, which is never left out. */
  end(text: string): void;
}

/** Sends an answer part by part. */
export function sendStream(
  response: ServerResponse,
  { status, headers, stream }: StreamedAnswer,
): void {
  // The client has left while its body was read.
  if (response.destroyed) return;
  response.writeHead(status, headers);
  const leave = stream({
    write(text) {
      if (!response.writableNeedDrain) response.write(text);
    },
    end: (text) => void response.end(text),
  });
  response.once('close', leave);
}

/**
 * Disconnects a client that has not read its answer for this time, in milliseconds. An answer that is
 * still to come is waited for.
 */
export function limitStall(response: ServerResponse, time: number): void {
  response.setTimeout(time, () => {
    if (response.writableLength > 0) response.destroy();
    // Node reports idle time once, and again only after the next activity.
    else response.setTimeout(time);
  });
}
