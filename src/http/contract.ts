import * as OpenApiValidator from 'express-openapi-validator';
import { Router, type Request } from 'express';
import { credentialCheck, type AccessTokenCheck, type SecurityScheme } from './authentication.js';
import type { ServedDialect } from './route-table.js';

/** As the database writes and reads it. The format of the name takes a URN, too. @see RFC 9562, section 4 */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface ContractOperation {
  security?: Record<string, string[]>[];
  parameters?: ({ in: string; name: string } | { $ref: string })[];
  responses: Record<string, unknown>;
  'x-latchkey-dialect'?: string;
}

/** The merged document, as far as anything here looks into it. */
export interface OpenApiDocument {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, ContractOperation>>;
  components: { securitySchemes?: Record<string, SecurityScheme>; parameters?: Record<string, { in: string; name: string }> };
}

/**
 * A middleware that checks requests of one dialect against the contract: first the credential, then parameters and body. It has
 * the dialect's paths alone, as the validator looks at every path that it has at every request.
 *
 * Who proved to be somebody stands in `res.locals.principal` afterwards.
 */
export function contractValidator(document: OpenApiDocument, served: ServedDialect, accessTokens: AccessTokenCheck): Router {
  const isOwn = (item: OpenApiDocument['paths'][string]) =>
    Object.values(item).some((operation) => operation['x-latchkey-dialect'] === served.dialect.name);
  const paths = Object.fromEntries(Object.entries(document.paths).filter(([, item]) => isOwn(item)));
  const handlers = Object.fromEntries(
    schemesOf(paths).map((name) => [name, securityHandler(schemeOf(document, name), served, accessTokens)]),
  );
  return Router().use(
    OpenApiValidator.middleware({
      // a copy: the validator writes into what it is given
      apiSpec: structuredClone({ ...document, paths: withLenientQueries(paths) }) as Parameters<
        typeof OpenApiValidator.middleware
      >[0]['apiSpec'],
      validateApiSpec: false, // `make check` does
      validateRequests: { allErrors: true },
      validateResponses: false, // the tests do
      validateSecurity: { handlers },
      fileUploader: false,
      ajvFormats: { mode: 'full' },
      formats: { uuid: { type: 'string', validate: (text: string) => UUID.test(text) } },
    }),
  );
}

/** An operation that documents no 400 has no words for a query parameter that it does not know, and looks at none. */
function withLenientQueries(paths: OpenApiDocument['paths']): OpenApiDocument['paths'] {
  const lenient = (operation: ContractOperation) =>
    operation.responses['400'] ? operation : { ...operation, 'x-eov-allow-unknown-query-parameters': true };
  return mapValues(paths, (item) => mapValues(item, lenient));
}

function mapValues<From, To>(record: Record<string, From>, change: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function schemesOf(paths: OpenApiDocument['paths']): string[] {
  const operations = Object.values(paths).flatMap((item) => Object.values(item));
  return [...new Set(operations.flatMap((operation) => operation.security ?? []).flatMap(Object.keys))];
}

function schemeOf(document: OpenApiDocument, name: string): SecurityScheme {
  const scheme = document.components.securitySchemes?.[name];
  if (!scheme) throw new Error(`the security scheme ${name} is not defined`);
  return scheme;
}

function securityHandler(scheme: SecurityScheme, served: ServedDialect, accessTokens: AccessTokenCheck) {
  const check = credentialCheck(scheme, served, accessTokens);
  return async (req: Request): Promise<boolean> => {
    const locals = req.res?.locals ?? {};
    try {
      const principal = await check(req);
      if (principal) locals.principal = principal; // another scheme's check may run beside this one
      return principal !== null;
    } catch (error) {
      locals.fault = error; // the validator turns whatever is thrown here into a 401
      throw error;
    }
  };
}
