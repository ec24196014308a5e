/** The messages of signaling-server with status 400. Clients compare them, so they never change. */
export const SIGNALING_ERRORS = {
  notPost: 'Only accept POST method',
  notRpc: 'Not a valid rpc. HTTP post body must be a json object with method key',
  unknownMethod: 'unknown method',
  tooManyValues: 'json has more than 1024 values',
  tooDeep: 'json is nested more than 32 levels deep',
  channelIdRequired: 'channel_id is required',
  channelNotFound: 'channel_id not found',
  offerRequired: 'offer is required',
  offerNotFound: 'offer not found',
  offerFailed: 'fail to create offer',
  answerRequired: 'answer is required',
  answerExists: 'answer already exist',
  answerNotFound: 'answer not found',
  answerFailed: 'fail to create answer',
  candidateRequired: 'candidate is required',
  candidateFailed: 'fail to create candidate',
} as const satisfies Record<string, string>;

/** A request that gets status 400; its message is the body of the answer. */
export class SignalingError extends Error {
  override readonly name = 'SignalingError';

  constructor(error: keyof typeof SIGNALING_ERRORS, detail = '') {
    super(SIGNALING_ERRORS[error] + detail);
  }
}
