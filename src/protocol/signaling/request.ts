/** All methods, in the order of the documentation. */
export const METHODS = [
  'create_data_channel',
  'create_offer',
  'get_offer',
  'create_answer',
  'get_answer',
  'create_candidate',
  'get_candidates',
  'echo',
] as const;

export type Method = (typeof METHODS)[number];

interface ChannelRequest {
  /** Empty if the `channel_id` is not a string: no channel has this id. */
  readonly channelId: string;
}

/** A valid request of signaling-server. */
export type SignalingRequest =
  | { readonly method: 'create_data_channel' }
  | ({ readonly method: 'get_offer' | 'get_answer' | 'get_candidates' } & ChannelRequest)
  | ({
      readonly method: 'create_offer' | 'create_answer';
      /** The offer or answer: a string as it was sent, or the JSON of any other value. */
      readonly text: string;
    } & ChannelRequest)
  | ({
      readonly method: 'create_candidate';
      /** The candidate as JSON, without white space. */
      readonly json: string;
    } & ChannelRequest)
  | {
      readonly method: 'echo';
      /** The whole request. */
      readonly json: string;
    };
