/** The longest event, in characters. The longest that a relay sends has 3,000. */
const MAX_EVENT_LENGTH = 65_536;

/**
 * Reads server-sent events in the form that the relay writes: one line with the name and one with JSON.
 *
 * @throws Error if the stream breaks, or has another form
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<[name: string, data: Record<string, unknown>]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = (text + decoder.decode(value, { stream: true })).split('\n\n');
    text = events.pop() ?? '';
    for (const event of events) {
      const [, name = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(event) ?? [];
      yield [name, Object(JSON.parse(data))];
    }
    if (text.length > MAX_EVENT_LENGTH) throw new Error('no events');
  }
}
