import type { ServerResponse } from 'node:http';
import type { PlayRequests } from '../dialects/bevygap/play-requests.js';
import type { LaunchError, PlaceRequest } from '../launch/matchmaker.js';
import { progressValue, wannaplayAnswer } from '../protocol/bevygap/values.js';
import type { Place, Progress } from '../protocol/matchmaking.js';
import { EVENT_STREAM, playEvent } from '../protocol/play/events.js';
import type { Answer } from './answer.js';
import * as answers from './answer.js';
import type { Reply } from './resource.js';

/** How a request for a game server is answered over HTTP. */
export interface PlayAnswers {
  /** What its client understands. */
  readonly accepts: Place['is'];
  /** Starts a request, and cancels it if the client leaves. */
  begin(
    requests: PlayRequests,
    request: PlaceRequest,
    response: ServerResponse,
  ): Reply | Promise<Reply>;
  refuse(error: LaunchError): Answer;
}

/** Bevygap's values, concatenated. */
export const VALUES = streamed('server', 'application/json', progressValue);

/** Server-sent events. */
export const EVENTS = streamed('room', EVENT_STREAM, playEvent);

/** One answer, when there is a server; errors in plain words. */
export const WHOLE: PlayAnswers = {
  accepts: 'server',
  begin: (requests, request, response) =>
    new Promise((resolve) => {
      const playRequest = requests.begin(request, (progress) => {
        if (progress.is === 'failed') {
          resolve(answers.typed(progress.status, 'text/plain', progress.reason));
        } else if (progress.is === 'ready' && progress.place.is === 'server') {
          resolve(answers.typed(200, 'text/json', wannaplayAnswer(progress.place)));
        }
      });
      response.once('close', () => playRequest.cancel());
    }),
  refuse: ({ status, message }) => answers.typed(status, 'text/plain', message),
};

function streamed(
  accepts: Place['is'],
  type: string,
  write: (progress: Progress) => string,
): PlayAnswers {
  return {
    accepts,
    begin: (requests, request) =>
      answers.streamed(type, (body) => {
        const playRequest = requests.begin(request, (progress) => {
          const isLast = progress.is === 'ready' || progress.is === 'failed';
          if (isLast) body.end(write(progress));
          else body.write(write(progress));
        });
        return () => playRequest.cancel();
      }),
    refuse: ({ status, message: reason }) =>
      answers.typed(status, type, write({ is: 'failed', status, reason })),
  };
}
