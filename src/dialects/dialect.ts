import type { Operations } from '../../generated/operations.gen.js';
import type { Principal } from '../core/authenticate.js';
import type { Refusal, WorkbenchRefusal } from '../core/outcome.js';
import type { Policy } from '../core/policy.js';
import type { UseCases } from '../workbench/workbench.js';

export type { UseCases };

/** One thing in a request that the contract does not allow. Names only what stands in the contract, never what was sent. */
export interface Issue {
  in: 'body' | 'query' | 'path' | 'header';
  /** From the outside in; empty: the whole of it. */
  path: string[];
  /** The contract's keyword that it breaks: `required`, `type`, `format`, `additionalProperties`, ... */
  rule: string;
}

/** Every way in which a request can end badly: the core said no, the contract did, or we broke. */
export type Failure =
  | { code: Refusal }
  | { code: 'malformed_body' }
  | { code: 'invalid_request'; issues: Issue[] }
  | { code: 'unauthorized' }
  | { code: 'not_found' }
  | { code: 'method_not_allowed' }
  | { code: 'body_too_large' }
  | { code: 'unsupported_media_type' }
  | { code: 'rate_limited' }
  | { code: 'overloaded' }
  | { code: 'unavailable' }
  | { code: 'internal' };

export type FailureCode = Failure['code'];

/** Who asks, and from where. */
export interface Caller<Someone extends Principal | null = Principal | null> {
  /** Null where the operation asks for no credential: one that was sent along is not looked at. */
  principal: Someone;
  /** What stands behind `Bearer` in the Authorization header, unchecked: for operations that take a refresh token there. */
  bearer: string | null;
  /** Whether there is an Authorization header, whatever is in it. */
  showsCredential: boolean;
  /** Aborted when nobody waits for the answer any more. */
  signal: AbortSignal;
  /** Sends an event ahead of the answer, where the client asked for events and the contract has them; else nothing happens. */
  emit(event: string, data: unknown): void;
}

/** One operation as the contract has it. */
interface OperationTypes {
  data: object;
  responses: object;
  credential: 'required' | 'optional' | 'none';
}

/** The parts of a request that reach a handler, each checked against the contract. */
type Request<Data> = Pick<Data, Extract<keyof Data, 'body' | 'path' | 'query' | 'headers'>>;

/** `{ status: 200, body: ... }`, one member for each good response that the contract names. */
type Reply<Responses> = { [S in keyof Responses]: { status: S; body: Responses[S]; headers?: Record<string, string> } }[keyof Responses];

/** Who a handler finds, by what the contract asks for. */
interface Who {
  required: Principal;
  optional: Principal | null;
  none: null;
}

/**
 * Handles one operation: hands plain values to a use case, and answers with a value, with the core's refusal, or with what the
 * contract says in words because its schema cannot.
 */
export type Operation<O extends OperationTypes> = (
  request: Request<O['data']>,
  core: UseCases,
  caller: Caller<Who[O['credential']]>,
) => Promise<Reply<O['responses']> | { ok: false; refusal: Refusal } | { issues: Issue[] }>;

/** The handlers of one contract: a missing one, a wrong field and a status that is not documented do not compile. */
export type OperationsOf<Name extends keyof Operations> = {
  [Id in keyof Operations[Name]]: Operations[Name][Id] extends OperationTypes ? Operation<Operations[Name][Id]> : never;
};

/** Which request failed; no operation where none was found. */
export interface FailedRequest {
  requestId: string;
  operation?: string;
}

/** A failure in the dialect's words. */
export interface RenderedFailure {
  status: number;
  body: unknown;
}

/** One login API. A dialect translates; it decides nothing. */
export interface Dialect<Handlers = Record<string, unknown>> {
  /** Also its contract (`openapi/dialects/<name>.yaml`) and its tokens' audience. */
  name: string;
  /** An unknown path belongs to the dialect with the longest of these in front, in whole segments. */
  ownPrefixes: string[];
  policy: Policy;
  errorMediaType: 'application/json' | 'application/problem+json';
  operations: Handlers;
  renderFailure(failure: Failure, request: FailedRequest): RenderedFailure;
}

const WORKBENCH_REFUSALS: Record<WorkbenchRefusal, true> = {
  secret_not_found: true,
  too_many_secrets: true,
  program_not_found: true,
  too_many_programs: true,
  invalid_payload: true,
  package_not_found: true,
  package_not_installable: true,
  package_too_large: true,
  package_hash_mismatch: true,
  package_not_listed: true,
  too_many_packages: true,
  duplicate_package: true,
  unknown_secret: true,
  unknown_package: true,
  decryption_failed: true,
  sandbox_off: true,
  generation_not_configured: true,
  generation_refused: true,
  generation_incomplete: true,
};

/** The workbench refuses with these in one dialect only; in the others they are as good as a fault of the service, and said in its words. */
export function workbenchFailures<Words>(words: Words): Record<WorkbenchRefusal, Words> {
  return Object.fromEntries(Object.keys(WORKBENCH_REFUSALS).map((refusal) => [refusal, words])) as Record<WorkbenchRefusal, Words>;
}
