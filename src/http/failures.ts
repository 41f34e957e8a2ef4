import { Overloaded, RateLimited, Unavailable } from '../core/faults.js';
import type { Failure, Issue } from '../dialects/dialect.js';

/** Ends a request with a failure. */
export class Rejected extends Error {
  override name = 'Rejected';
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.code);
    this.failure = failure;
  }
}

/** What body-parser throws. @see https://github.com/expressjs/body-parser#errors */
const BODY_PARSER_FAILURES: Record<string, Failure> = {
  'entity.parse.failed': { code: 'malformed_body' },
  'entity.too.large': { code: 'body_too_large' },
  'charset.unsupported': { code: 'unsupported_media_type' },
  'encoding.unsupported': { code: 'unsupported_media_type' },
  'request.aborted': { code: 'malformed_body' },
  'request.size.invalid': { code: 'malformed_body' },
};

/** What express-openapi-validator throws. */
interface ContractError {
  status: number;
  errors: { path: string; errorCode?: string }[];
}

const CONTRACT_FAILURES: Record<number, Failure> = {
  401: { code: 'unauthorized' },
  403: { code: 'unauthorized' },
  404: { code: 'not_found' },
  405: { code: 'method_not_allowed' },
  413: { code: 'body_too_large' },
  415: { code: 'unsupported_media_type' },
};

/** Why a request ended, from whatever was thrown. What is not known here is ours: `internal`. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Rejected) return thrown.failure;
  if (thrown instanceof Overloaded) return { code: 'overloaded' };
  if (thrown instanceof RateLimited) return { code: 'rate_limited' };
  if (thrown instanceof Unavailable) return { code: 'unavailable' };
  if (isContractError(thrown) && thrown.status < 500) {
    return CONTRACT_FAILURES[thrown.status] ?? { code: 'invalid_request', issues: thrown.errors.map(toIssue) };
  }
  const { type, status } = (thrown ?? {}) as { type?: string; status?: number };
  const bodyFailure = BODY_PARSER_FAILURES[type ?? ''];
  if (bodyFailure) return bodyFailure;
  if (status && status > 400 && status < 500) return { code: 'invalid_request', issues: [] }; // what a file server refuses
  if (status === 400) return { code: 'malformed_body' }; // a broken gzip stream, a URL that cannot be decoded
  return { code: 'internal' };
}

function isContractError(thrown: unknown): thrown is ContractError {
  return thrown instanceof Error && 'status' in thrown && 'errors' in thrown && Array.isArray(thrown.errors);
}

const PLACES: Record<string, Issue['in']> = { body: 'body', query: 'query', params: 'path', headers: 'header' };
/** The last name in the path of these is the client's, not the contract's. */
const RULES_WITH_FOREIGN_NAMES = new Set(['additionalProperties', 'unevaluatedProperties', 'propertyNames']);

/** The validator's words stay here: they may quote what was sent. */
function toIssue({ path, errorCode = '' }: ContractError['errors'][number]): Issue {
  const [place = '', ...names] = path.split('/').slice(1);
  const rule = errorCode.split('.')[0] || 'unknown';
  const isForeign = RULES_WITH_FOREIGN_NAMES.has(rule) || (place === 'query' && !errorCode);
  return { in: PLACES[place] ?? 'body', path: isForeign ? names.slice(0, -1) : names, rule };
}
