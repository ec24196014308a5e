/** The largest response, in bytes. */
const MAX_RESPONSE = 256 * 1024;

export interface JsonRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  readonly authorization: string;
  readonly body?: object;
  /** In milliseconds, for the whole request. */
  readonly timeout: number;
}

export interface JsonResponse {
  readonly status: number;
  /** `undefined` if it is not JSON. */
  readonly json: unknown;
}

/** A request has failed. The message contains neither the URL nor a header. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
}

/**
 * Sends a request, and reads the response as JSON.
 *
 * @throws {RequestError} if there is no complete response in time, or it is too large
 */
export async function requestJson(request: JsonRequest): Promise<JsonResponse> {
  const { method, url, authorization, body, timeout } = request;
  try {
    const response = await fetch(url, {
      method,
      headers: {
        accept: 'application/json',
        authorization,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      // A redirect must not send the authorization to another address.
      redirect: 'manual',
      signal: AbortSignal.timeout(timeout),
    });
    return { status: response.status, json: parse(await readText(response)) };
  } catch (error) {
    throw error instanceof RequestError ? error : new RequestError(reasonOf(error));
  }
}

async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body ?? []) {
    length += chunk.length;
    // Leaving the loop cancels the rest.
    if (length > MAX_RESPONSE) throw new RequestError('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  const { name, cause } = error as Error & { cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError') return 'no answer in time';
  return `no answer (${cause?.code ?? name})`;
}
