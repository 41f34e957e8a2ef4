/** Several times what the longest program and its explanation take, with all that the events have around them. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
/** Whoever is told to come back later than that is told so, and not kept waiting. */
const MAX_WAIT_SECONDS = 5;

/**
 * `fetch` for the model's client: it follows no redirect, with the key and the prompt; it ends an answer that does not end by itself; and
 * it has the client try again only where the service says that this will be soon.
 */
export async function modelFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, { ...init, redirect: 'error' });
  const headers = new Headers(response.headers);
  const wait = headers.get('retry-after');
  if (wait !== null && !(Number(wait) <= MAX_WAIT_SECONDS)) headers.set('x-should-retry', 'false'); // its client heeds that
  return new Response(response.body?.pipeThrough(atMost(MAX_ANSWER_BYTES)) ?? null, { status: response.status, headers });
}

function atMost(maxBytes: number): TransformStream<Uint8Array, Uint8Array> {
  let bytes = 0;
  return new TransformStream({
    transform(chunk, controller) {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(new Error('the answer is too long'));
      else controller.enqueue(chunk);
    },
  });
}
