/** Most characters of one event. The longest one that a relay sends has 3,000. */
const LONGEST = 65_536;

/**
 * Reads server-sent events as the relay writes them, with one line for the name and one for JSON.
 *
 * @throws Error if the stream breaks, or is none of a relay
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
    if (text.length > LONGEST) throw new Error('no events');
  }
}
