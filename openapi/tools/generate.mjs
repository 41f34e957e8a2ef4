// @ts-check
// openapi/dialects/*.yaml -> generated/: the merged document, types and client, the route table.
// Usage: node openapi/tools/generate.mjs [folder]; needs no network, and writes the same bytes each time.
import fs from 'node:fs';
import path from 'node:path';
import { createClient } from '@hey-api/openapi-ts';
import { parse } from 'yaml';
import { mergeContracts, operationsOf, pascalCase } from './merge.mjs';

const root = path.resolve(import.meta.dirname, '../..');
const out = path.resolve(process.argv[2] ?? path.join(root, 'generated'));

const contractsFolder = path.join(root, 'openapi/dialects');
const contracts = fs
  .readdirSync(contractsFolder)
  .filter((file) => file.endsWith('.yaml'))
  .sort()
  .map((file) => ({ name: path.basename(file, '.yaml'), document: parse(fs.readFileSync(path.join(contractsFolder, file), 'utf8')) }));

const merged = mergeContracts(contracts);
fs.mkdirSync(out, { recursive: true });
fs.writeFileSync(path.join(out, 'openapi.json'), `${JSON.stringify(merged, null, 2)}\n`);
fs.writeFileSync(path.join(out, 'operations.gen.ts'), operationsModule(merged));
fs.writeFileSync(path.join(out, 'operations.md'), operationsTable(merged));
await createClient({
  input: `./${path.relative(process.cwd(), path.join(out, 'openapi.json'))}`, // without ./ it is read as the name of a project on a server
  output: { path: path.join(out, 'client'), clean: true, tsConfigPath: path.join(root, 'tsconfig.json') },
  logs: { level: 'error' },
  plugins: ['@hey-api/client-fetch', { name: '@hey-api/typescript', enums: false }, '@hey-api/sdk'],
});

/** Every operation, for people. @param {any} document */
function operationsTable(document) {
  const rows = operationsOf(document).map(([urlPath, method, operation]) => ({
    dialect: operation['x-latchkey-dialect'],
    row: `| \`${method.toUpperCase()} ${urlPath}\` | ${operation.summary} | ${credentialOf(operation)} |`,
  }));
  const sections = [...new Set(rows.map(({ dialect }) => dialect))].map((dialect) =>
    [
      `## ${dialect}`,
      '',
      '| operation | | credential |',
      '| --- | --- | --- |',
      ...rows.filter((row) => row.dialect === dialect).map(({ row }) => row),
    ].join('\n'),
  );
  return `<!-- Made by \`make generate\` from openapi/dialects. Do not edit. -->\n# Operations\n\n${sections.join('\n\n')}\n`;
}

/** @param {any} document */
function operationsModule(document) {
  const operations = operationsOf(document).map(([urlPath, method, operation]) => ({ urlPath, method, operation }));
  const dialects = [...new Set(operations.map(({ operation }) => operation['x-latchkey-dialect']))];
  return [
    '// Made by `make generate` from openapi/dialects. Do not edit.',
    "import type * as T from './client/types.gen.js';",
    '',
    "/** Each dialect's operations: what a request carries, the body of each good status, and whether it asks for a credential. */",
    'export interface Operations {',
    ...dialects.flatMap((dialect) => [
      `  ${JSON.stringify(dialect)}: {`,
      ...operations
        .filter(({ operation }) => operation['x-latchkey-dialect'] === dialect)
        .map(({ operation }) => operationTypes(operation)),
      '  };',
    ]),
    '}',
    '',
    '/** Where each operation is served. */',
    'export const routes = [',
    ...operations.map(({ urlPath, method, operation }) => `  ${JSON.stringify(route(urlPath, method, operation))},`),
    '] as const;',
    '',
  ].join('\n');
}

/** @param {any} operation */
function operationTypes(operation) {
  const type = pascalCase(operation.operationId);
  return `    ${operation['x-latchkey-operation']}: { data: T.${type}Data; responses: T.${type}Responses; credential: ${JSON.stringify(credentialOf(operation))} };`;
}

/** Whether who asks must show a credential, may, or is not looked at. @param {any} operation */
function credentialOf({ security }) {
  const ways = security.filter((/** @type {object} */ way) => Object.keys(way).length > 0);
  if (ways.length === 0) return 'none';
  return ways.length === security.length ? 'required' : 'optional';
}

/** @param {string} urlPath @param {string} method @param {any} operation */
function route(urlPath, method, operation) {
  return {
    dialect: operation['x-latchkey-dialect'],
    operation: operation['x-latchkey-operation'],
    method: method.toUpperCase(),
    path: urlPath,
    maxBodyBytes: operation['x-max-body-bytes'] ?? 0,
    bodyRequired: operation.requestBody?.required ?? false,
    bodyType: bodyTypeOf(operation),
    deadlineSeconds: operation['x-deadline-seconds'] ?? null,
    hasEvents: 'text/event-stream' in (resolved(operation.responses['200'])?.content ?? {}),
  };
}

/** A response, where it stands. @param {any} response */
function resolved(response) {
  return response?.$ref ? merged.components.responses[response.$ref.split('/').at(-1)] : response;
}

/** The one media type of an operation's body, null where it has none. @param {any} operation */
function bodyTypeOf({ operationId, requestBody }) {
  const types = Object.keys(requestBody?.content ?? {});
  if (types.length > 1) throw new Error(`${operationId} has bodies of several media types; the service reads one`);
  return types[0] ?? null;
}
