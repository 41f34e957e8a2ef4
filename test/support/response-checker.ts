import fs from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { DIALECTS } from '../../src/dialects/index.js';

/** What a test saw of a response. */
export interface SeenResponse {
  method: string;
  path: string;
  status: number;
  mediaType: string | undefined;
  body: unknown;
}

type Responses = Record<string, { $ref?: string; content?: Record<string, unknown> }>;
type Operation = { operationId: string; responses: Responses };

/** The merged document, as it is committed. */
export const mergedDocument = JSON.parse(fs.readFileSync('generated/openapi.json', 'utf8')) as {
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Responses; schemas: Record<string, unknown> };
};

const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
addFormats.default(ajv, { mode: 'full' });
ajv.addSchema({ $id: 'contract', ...mergedDocument });

/** The schema of each dialect's errors, for what belongs to no operation: unknown paths and methods. */
const ERROR_SCHEMAS: Record<(typeof DIALECTS)[number]['name'], string> = {
  'pyth-on': 'PythOnError',
  px0: 'Px0APIError',
  pixyle: 'PixyleErrorResponse',
  puppilot: 'PuppilotError',
  flashback: 'FlashbackError',
  latchkey: 'LatchkeyProblem',
};

const TEMPLATES = Object.keys(mergedDocument.paths)
  .sort((a, b) => Number(a.includes('{')) - Number(b.includes('{')))
  .map((template) => ({ template, expression: new RegExp(`^${template.replaceAll('.', '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`) }));

/**
 * What is wrong with a response by the merged document: its status, its media type, its body. Empty: nothing. A response to a path
 * or a method that the document does not have must be some dialect's 404, 405 or 204 to OPTIONS.
 */
export function contractFaults(response: SeenResponse): string[] {
  const { method, path, status, mediaType, body } = response;
  const at = `${method} ${path} ${status}`;
  const template = templateOf(path);
  const verb = method === 'HEAD' ? 'get' : method.toLowerCase();
  const operation = template && mergedDocument.paths[template]?.[verb];
  if (!template || !operation) return faultsOutsideOfContract(at, response, Boolean(template));

  let pointer = `contract#/paths/${escaped(template)}/${verb}/responses/${status}`;
  let documented = operation.responses[status];
  if (!documented) return [`${at}: this status is not documented`];
  if (documented.$ref) {
    pointer = `contract${documented.$ref}`;
    documented = mergedDocument.components.responses[documented.$ref.split('/').at(-1) ?? ''] ?? {};
  }
  if (!documented.content || method === 'HEAD') return body === undefined ? [] : [`${at}: has a body, and none is documented`];
  if (!mediaType || !documented.content[mediaType]) return [`${at}: the media type ${mediaType} is not documented`];
  return schemaFaults(at, `${pointer}/content/${escaped(mediaType)}/schema`, body);
}

/** Notes, for the end of all tests, that this answer of this operation was seen. */
export function noteAnswer({ method, path, status }: SeenResponse): void {
  const file = process.env.LATCHKEY_TEST_ANSWERS;
  if (file) fs.appendFileSync(file, `${method} ${templateOf(path)} ${status}\n`);
}

/** The path of the merged document that a request's path belongs to: a concrete one before a template. */
function templateOf(path: string): string | undefined {
  return TEMPLATES.find(({ expression }) => expression.test(path))?.template;
}

function faultsOutsideOfContract(at: string, { method, status, mediaType, body }: SeenResponse, pathIsKnown: boolean): string[] {
  if (method === 'OPTIONS' && status === 204 && pathIsKnown) return body === undefined ? [] : [`${at}: has a body`];
  if (status !== (pathIsKnown ? 405 : 404)) return [`${at}: there is no such operation`];
  if (method === 'HEAD') return [];
  const isSomeDialects = DIALECTS.some(
    ({ name, errorMediaType }) =>
      errorMediaType === mediaType && schemaFaults(at, `contract#/components/schemas/${ERROR_SCHEMAS[name]}`, body).length === 0,
  );
  return isSomeDialects ? [] : [`${at}: has no dialect's error shape`];
}

function schemaFaults(at: string, ref: string, body: unknown): string[] {
  const validate = ajv.getSchema(ref) ?? ajv.compile({ $ref: ref });
  return validate(body) ? [] : (validate.errors ?? []).map((error) => `${at}: ${error.instancePath} ${error.message}`);
}

function escaped(segment: string): string {
  return encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'));
}
