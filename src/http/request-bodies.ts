import type { ServerResponse } from 'node:http';
import type { Admission } from '../limits/admission.js';
import * as answers from './answer.js';
import { announcedLength, type Body, MAX_BODY_BYTES, readBody } from './body.js';
import type { AddressedRequest } from './request-context.js';
import type { Reply } from './resource.js';
import { hasBody, isDetached } from './unwanted-input.js';

export interface RequestBodiesParts {
  readonly admission: Admission;
  readonly limits: { readonly requestTimeout: number };
}

/** What is done with the body of a request. */
export interface BodyReader {
  /** Answers a request with this body; without one, it has no bytes. */
  read(body: Uint8Array): Reply | Promise<Reply>;
  /** Answers a request that there is no memory for. */
  full(): Reply;
}

const NO_BODY = new Uint8Array();

/** Reads the bodies of requests, within limits of bytes and time. */
export class RequestBodies {
  readonly #parts: RequestBodiesParts;

  constructor(parts: RequestBodiesParts) {
    this.#parts = parts;
  }

  /** Reads the body, then answers the request; at once if there is no body. */
  answer(
    asked: AddressedRequest,
    response: ServerResponse,
    reader: BodyReader,
  ): Reply | Promise<Reply> {
    const { request } = asked;
    if (!hasBody(request)) return reader.read(NO_BODY);
    const length = announcedLength(request);
    if (length > MAX_BODY_BYTES) return answerTo({ is: 'tooLarge' }, reader);
    // Of a server that the relay is attached to: its parser has let go of the socket.
    if (isDetached(request)) {
      return answers.unreadBody(400, 'A body and Upgrade do not go together.');
    }
    if (!this.reserve(length, asked, response)) return reader.full();
    const time = this.#parts.limits.requestTimeout * 1000;
    return readBody(request, time).then((body) => answerTo(body, reader));
  }

  /** Counts bytes for a response until it has been written; false if there are too many. */
  reserve(length: number, { address }: AddressedRequest, response: ServerResponse): boolean {
    const { bodyBytes } = this.#parts.admission;
    if (response.destroyed) return true;
    if (!bodyBytes.take(address, length)) return false;
    response.once('close', () => bodyBytes.free(address, length));
    return true;
  }
}

function answerTo(body: Body, reader: BodyReader): Reply | Promise<Reply> {
  switch (body.is) {
    case 'whole':
      return reader.read(body.bytes);
    case 'tooLarge':
      return answers.unreadBody(413, `The body is larger than ${MAX_BODY_BYTES} bytes.`);
    case 'tooManyPieces':
      return answers.unreadBody(413, 'The body comes in too many pieces.');
    case 'tooSlow':
    case 'gone':
      return answers.unreadBody(408, 'The body has not arrived in time.');
    default:
      return body satisfies never;
  }
}
