import { describe, expect, it } from '@jest/globals';
import { Overloaded, Unavailable } from '../../src/core/faults.js';
import { failureOf, Rejected } from '../../src/http/failures.js';

/** As express-openapi-validator throws it. */
function contractError(status: number, errors: { path: string; message: string; errorCode?: string }[]): Error {
  return Object.assign(new Error('request/body hunter2'), { status, errors });
}

describe('failureOf', () => {
  it.each([
    ['/body/email', 'required.openapi.validation', { in: 'body', path: ['email'], rule: 'required' }],
    ['/body/items/0/name', 'type.openapi.validation', { in: 'body', path: ['items', '0', 'name'], rule: 'type' }],
    ['/headers/x-api-version', 'const.openapi.validation', { in: 'header', path: ['x-api-version'], rule: 'const' }],
    ['/params/id', 'format.openapi.validation', { in: 'path', path: ['id'], rule: 'format' }],
    ['/query/limit', 'maximum.openapi.validation', { in: 'query', path: ['limit'], rule: 'maximum' }],
  ])('tells what is wrong at %s by its place in the contract', (path, errorCode, issue) => {
    const failure = failureOf(contractError(400, [{ path, errorCode, message: 'must hunter2' }]));

    expect(failure).toEqual({ code: 'invalid_request', issues: [issue] });
  });

  it.each([
    ['/body/hunter2', 'additionalProperties.openapi.validation'],
    ['/body/hunter2', 'unevaluatedProperties.openapi.validation'],
    ['/query/hunter2', undefined],
  ])('does not repeat a name that the client chose: %s', (path, errorCode) => {
    const failure = failureOf(contractError(400, [{ path, message: 'hunter2', ...(errorCode && { errorCode }) }]));

    expect(failure).toMatchObject({ code: 'invalid_request', issues: [{ path: [] }] });
    expect(JSON.stringify(failure)).not.toContain('hunter2');
  });

  it.each([
    [new Rejected({ code: 'not_found' }), 'not_found'],
    [new Overloaded('full', 3), 'overloaded'],
    [new Unavailable('away'), 'unavailable'],
    [contractError(401, []), 'unauthorized'],
    [contractError(404, []), 'not_found'],
    [contractError(405, []), 'method_not_allowed'],
    [contractError(415, []), 'unsupported_media_type'],
    [contractError(500, []), 'internal'],
    [Object.assign(new SyntaxError('hunter2'), { type: 'entity.parse.failed', status: 400 }), 'malformed_body'],
    [Object.assign(new Error('large'), { type: 'entity.too.large', status: 413 }), 'body_too_large'],
    [Object.assign(new Error('gzip'), { status: 400 }), 'malformed_body'],
    [new TypeError('a mistake of ours'), 'internal'],
    ['no error at all', 'internal'],
    [undefined, 'internal'],
    [null, 'internal'],
  ])('takes %s for %s', (thrown, code) => {
    expect(failureOf(thrown).code).toBe(code);
  });
});
