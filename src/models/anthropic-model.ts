import type Anthropic from '@anthropic-ai/sdk';
import { z } from 'zod';
import { Unavailable } from '../core/faults.js';
import type { CodeModel, CodeRequest } from '../workbench/code-model.js';
import { instructionsFor } from './instructions.js';
import { toModelFault } from './model-faults.js';
import { modelFetch } from './model-fetch.js';
import { createPartialCode } from './partial-code.js';

/** The code first, so that it can be shown while it comes. @see "Structured outputs" in the vendor's documentation */
const ANSWER_SCHEMA = {
  type: 'object',
  properties: { code: { type: 'string' }, explanation: { type: 'string' } },
  required: ['code', 'explanation'],
  additionalProperties: false,
};
const answer = z.object({ code: z.string().regex(/\S/), explanation: z.string() });

/** Which model, and where. */
export interface AnthropicModelOptions {
  apiKey: string;
  /** As in `https://api.anthropic.com`. */
  baseUrl: string;
  /** The vendor's name for it. It must know structured outputs, as all do since Claude 4.5. */
  model: string;
  /** For one answer, with all that is tried again. */
  timeoutMs: number;
  /** Of one answer; what the model thinks before it writes counts. */
  maxTokens: number;
}

type Generated = Awaited<ReturnType<CodeModel['generate']>>;
type Sdk = typeof import('@anthropic-ai/sdk');

/**
 * Asks a model through the Anthropic Messages API. The answer is asked for as JSON of a schema: tools that are forced would say the same, but
 * the models that always think refuse them. The client comes from its package with the first request.
 */
export function createAnthropicModel(options: AnthropicModelOptions): CodeModel {
  let loading: Promise<{ sdk: Sdk; client: Anthropic }> | undefined;
  return {
    async generate(request, signal, onCode) {
      signal.throwIfAborted();
      const { sdk, client } = await (loading ??= loadClient(options));
      return withinTime(options.timeoutMs, signal, (both) => ask(sdk, client, paramsFor(options, request), both, onCode));
    },
  };
}

/** All that it reads of the environment itself is ANTHROPIC_CUSTOM_HEADERS; it writes no log: that would have prompts in it. */
async function loadClient({ apiKey, baseUrl, timeoutMs }: AnthropicModelOptions): Promise<{ sdk: Sdk; client: Anthropic }> {
  const sdk = await import('@anthropic-ai/sdk');
  const settings = { apiKey, baseURL: baseUrl, timeout: timeoutMs, maxRetries: 2, fetch: modelFetch };
  return { sdk, client: new sdk.default({ ...settings, logLevel: 'off', openTelemetry: false }) };
}

function paramsFor({ model, maxTokens }: AnthropicModelOptions, { prompt, ...request }: CodeRequest) {
  return {
    model,
    max_tokens: maxTokens,
    system: instructionsFor(request),
    messages: [{ role: 'user' as const, content: prompt }],
    output_config: { format: { type: 'json_schema' as const, schema: ANSWER_SCHEMA } },
  };
}

async function ask(
  sdk: Sdk,
  client: Anthropic,
  params: ReturnType<typeof paramsFor>,
  signal: AbortSignal,
  onCode: (text: string) => void,
): Promise<Generated> {
  let shown = '';
  let isConnected = false;
  const show = (text: string) => {
    shown += text;
    if (text) onCode(text);
  };
  const partial = createPartialCode();
  const stream = client.messages.stream(params, { signal });
  stream.on('connect', () => (isConnected = true)).on('text', (piece) => show(partial(piece)));
  try {
    const generated = judged(await stream.finalMessage());
    if (generated.ok && generated.value.code.startsWith(shown)) show(generated.value.code.slice(shown.length));
    return generated;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof sdk.APIError) throw toModelFault(error);
    if (!isConnected) throw new Unavailable('the model is not to be reached');
    return { ok: false, fault: 'generation_incomplete' }; // the stream broke off, or is none
  }
}

function judged({ stop_reason, content }: Anthropic.Message): Generated {
  if (stop_reason === 'refusal') return { ok: false, fault: 'generation_refused' };
  const text = content.map((block) => (block.type === 'text' ? block.text : '')).join('');
  const read = stop_reason === 'end_turn' ? answer.safeParse(parsed(text)) : undefined;
  return read?.success ? { ok: true, value: read.data } : { ok: false, fault: 'generation_incomplete' };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @throws the signal's reason; Unavailable after the time, which counts for all that `work` does. */
async function withinTime<T>(timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const both = new AbortController();
  const onAbort = () => both.abort(signal.reason);
  const timer = setTimeout(() => both.abort(new Unavailable('the model did not answer in time')), timeoutMs);
  signal.addEventListener('abort', onAbort);
  try {
    return await work(both.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
  }
}
