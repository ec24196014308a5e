import type { SignalingError } from './errors.js';

/** The answer to a request of signaling-server. */
export interface SignalingAnswer {
  readonly status: 200 | 400;
  /** Whether the body is JSON; it is plain text otherwise. */
  readonly isJson: boolean;
  readonly body: string;
}

/** The value was stored. As in the original, the answer is empty, which is not valid JSON. */
export const STORED: SignalingAnswer = { status: 200, isJson: false, body: '' };

export function failed({ message }: SignalingError): SignalingAnswer {
  return { status: 400, isJson: false, body: message };
}

/** The answer to `echo`. */
export function echoed(json: string): SignalingAnswer {
  return { status: 200, isJson: true, body: json };
}

/** The answer to `create_data_channel`, `get_offer` and `get_answer`. */
export function textAnswer(name: 'channel_id' | 'offer' | 'answer', text: string): SignalingAnswer {
  return echoed(JSON.stringify({ [name]: text }));
}

/** The answer to `get_candidates`. */
export function candidatesAnswer(candidates: Iterable<string>): SignalingAnswer {
  return echoed(`{"items":[${[...candidates].join(',')}]}`);
}
