import type { ServerResponse } from 'node:http';
import type { Answer } from './answer.js';
import type { AddressedRequest } from './request-context.js';
import type { Route } from './route.js';
import type { StreamedAnswer } from './streamed-answer.js';

export type Reply = Answer | StreamedAnswer;

/** Answers a request to a route of this kind; synchronously if it can. */
export type Handler<Target = Route> = (
  target: Target,
  asked: AddressedRequest,
  response: ServerResponse,
) => Reply | Promise<Reply>;

/** The handlers of a kind of route, by method. `GET` also handles HEAD, `other` all other methods. */
export interface Resource<Target = Route> {
  readonly GET?: Handler<Target> | undefined;
  readonly POST?: Handler<Target> | undefined;
  readonly PUT?: Handler<Target> | undefined;
  readonly DELETE?: Handler<Target> | undefined;
  readonly other?: Handler<Target> | undefined;
}

/** The resource of every kind of route. */
export type Resources = {
  readonly [Kind in Route['kind']]: Resource<Extract<Route, { readonly kind: Kind }>>;
};

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const;

/** The methods that a resource has. */
export function methodsOf(resource: Resource): readonly string[] {
  const head = resource.GET === undefined ? [] : ['HEAD'];
  const [get = [], ...rest] = METHODS.map((method) => (resource[method] ? [method] : []));
  return [...get, ...head, ...rest.flat()];
}

/** The handler of this method; `undefined` if it is not allowed. */
export function handlerOf(resource: Resource, method: string): Handler | undefined {
  const known = METHODS.find((each) => each === (method === 'HEAD' ? 'GET' : method));
  return (known && resource[known]) ?? resource.other;
}
