import { METHODS, type Method } from '../../protocol/signaling/request.js';

/** The result of a request: status 200, status 400, or another status. */
export type RequestResult = 'ok' | 'error' | 'refused';

const RESULTS: readonly RequestResult[] = ['ok', 'error', 'refused'];

/** Requests without a known method are counted as `other`. */
type CountedMethod = Method | 'other';

const COUNTED_METHODS: readonly CountedMethod[] = [...METHODS, 'other'];

/** The number of requests with one method and one result. */
export interface RequestCount {
  readonly method: string;
  readonly result: string;
  count: number;
}

/**
 * Counts requests by method and result. All counters exist from the start, because `increase()` misses
 * the first event otherwise.
 */
export class RequestCounts {
  readonly #counts = new Map<string, RequestCount>(
    COUNTED_METHODS.flatMap((method) =>
      RESULTS.map((result) => [`${method} ${result}`, { method, result, count: 0 }] as const),
    ),
  );

  get all(): Iterable<RequestCount> {
    return this.#counts.values();
  }

  add(method: CountedMethod, result: RequestResult): void {
    const counted = this.#counts.get(`${method} ${result}`);
    if (counted !== undefined) counted.count++;
  }
}
