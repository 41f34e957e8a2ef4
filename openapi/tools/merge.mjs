// @ts-check
/** @typedef {{ name: string, document: any }} Contract a dialect's file name without its ending, and what is in it */

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** Below these keys stands data, not OpenAPI: nothing in it is a reference. `value` is that of a named example. */
const DATA_KEYS = new Set(['example', 'examples', 'default', 'const', 'enum', 'value']);

/** The keys of these objects are names that somebody chose: one of them may be called `default` or `example`. */
const NAME_MAPS = new Set([
  'paths',
  'responses',
  'headers',
  'content',
  'encoding',
  'links',
  'callbacks',
  'examples',
  'schemas',
  'parameters',
  'requestBodies',
  'securitySchemes',
  'pathItems',
  'properties',
  'patternProperties',
  '$defs',
  'dependentSchemas',
]);

/**
 * Merges the dialects' contracts into one OpenAPI 3.1 document: a pure function, its output depends on nothing else.
 *
 * Names of components and operations get their dialect's name in front (`px0Login`), and each operation carries the
 * security that it had in its own document, where none is left to a document-wide default.
 *
 * @param {Contract[]} contracts
 * @throws {Error} for whatever would make the merged document mean something else than its parts: an operation or a path
 *   that two dialects claim, an ambiguous path template, an operation without id or without a word on security, a security
 *   scheme that is not there, a reference that leads nowhere or outside.
 */
export function mergeContracts(contracts) {
  const merged = emptyDocument();
  /** @type {Map<string, string>} path template with its names taken out -> the dialect that claims it */
  const claims = new Map();
  /** @type {Map<string, string>} name in the merged document -> what has it */
  const names = new Map();
  for (const { name, document } of contracts) {
    refuseUnlessMergeable(name, document);
    const prefix = pascalCase(name);
    const renamed = renameReferences(document, prefix);
    for (const [section, members] of Object.entries(renamed.components ?? {})) {
      merged.components[section] ??= {};
      for (const [member, value] of Object.entries(/** @type {any} */ (members))) {
        claimName(names, `components/${section}/${prefix}${member}`, `${name}: components/${section}/${member}`);
        merged.components[section][prefix + member] = value;
      }
    }
    for (const tag of document.tags ?? []) merged.tags.push({ ...tag, name: tagName(document, tag.name) });
    for (const [path, item] of Object.entries(renamed.paths ?? {})) {
      claimPath(claims, path, name);
      merged.paths[path] = mapOperations(item, (operation) => ({
        ...operation,
        operationId: claimName(names, operationIdOf(operation, prefix), `${name}: ${operation.operationId}`),
        tags: (operation.tags ?? []).map((/** @type {string} */ tag) => tagName(document, tag)),
        security: renameSecurity(operation.security ?? document.security, prefix),
        'x-latchkey-dialect': name,
        'x-latchkey-operation': operation.operationId,
      }));
    }
  }
  refuseUnresolvedReferences(merged, merged, 'the merged document');
  refuseAmbiguousPaths(merged, claims);
  refuseLostSecurity(contracts, merged);
  return merged;
}

/** Every operation of a document: `[path, method, operation]`, in the document's order. @param {any} document */
export function operationsOf(document) {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.filter((method) => item[method]).map((method) => /** @type {[string, string, any]} */ ([path, method, item[method]])),
  );
}

/** @param {string} text */
export function pascalCase(text) {
  return text.replace(/[^A-Za-z0-9]+(.)?/g, (_, next) => (next ? next.toUpperCase() : '')).replace(/^./, (first) => first.toUpperCase());
}

/** @returns {any} */
function emptyDocument() {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Latchkey',
      version: '1.0.0',
      summary: 'One account store, every login API your clients already speak.',
      description:
        'Every dialect in one document. Each group of operations is one login API, at the paths and in the shapes that its clients know.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/', description: 'This service' }],
    security: [],
    tags: [],
    paths: {},
    components: {},
  };
}

/** @param {string} name @param {any} document */
function refuseUnlessMergeable(name, document) {
  if (!String(document.openapi).startsWith('3.1.')) throw new Error(`${name}: is not an OpenAPI 3.1 document`);
  if (document.webhooks) throw new Error(`${name}: has webhooks, which the merge would lose`);
  if ((document.servers ?? []).some((/** @type {any} */ { url }) => url !== '/')) {
    throw new Error(`${name}: has a server with a base path, which belongs in front of each path`);
  }
  const schemes = document.components?.securitySchemes ?? {};
  const ids = new Set();
  for (const [path, method, operation] of operationsOf(document)) {
    const at = `${name}: ${method.toUpperCase()} ${path}`;
    if (!operation.operationId) throw new Error(`${at} has no operationId`);
    if (ids.has(operation.operationId)) throw new Error(`${at}: operationId ${operation.operationId} is used twice`);
    ids.add(operation.operationId);
    const security = operation.security ?? document.security;
    if (!security) throw new Error(`${at} says nothing of security, and the document has no default`);
    for (const scheme of security.flatMap(Object.keys)) {
      if (!(scheme in schemes)) throw new Error(`${at} asks for the security scheme ${scheme}, which is not defined`);
    }
  }
  refuseUnresolvedReferences(document, document, name);
}

/** @param {any} node @param {any} document @param {string} name @param {string} [parent] */
function refuseUnresolvedReferences(node, document, name, parent = '') {
  if (node === null || typeof node !== 'object') return;
  if (typeof node.$ref === 'string') {
    if (!node.$ref.startsWith('#/components/'))
      throw new Error(`${name}: the reference ${node.$ref} leads outside of the document's components`);
    const target = node.$ref
      .slice(2)
      .split('/')
      .reduce((/** @type {any} */ at, /** @type {string} */ key) => at?.[key], document);
    if (target === undefined) throw new Error(`${name}: the reference ${node.$ref} leads nowhere`);
  }
  for (const [key, value] of Object.entries(node)) {
    if (NAME_MAPS.has(parent)) refuseUnresolvedReferences(value, document, name);
    else if (!isData(key, value)) refuseUnresolvedReferences(value, document, name, key);
  }
}

/**
 * `a-b` with `login` and `a` with `bLogin` would both be `aBLogin`.
 * @param {Map<string, string>} names @param {string} made @param {string} from @returns {string} the name, now taken
 */
function claimName(names, made, from) {
  const owner = names.get(made);
  if (owner) throw new Error(`the name ${made} would belong to two: ${owner} and ${from}`);
  names.set(made, from);
  return made;
}

/** @param {Map<string, string>} claims @param {string} path @param {string} name */
function claimPath(claims, path, name) {
  const shape = path.replace(/\{[^}]*\}/g, '{}');
  const owner = claims.get(shape);
  if (owner === name) throw new Error(`${name}: the path ${path} is there twice, under two names of its parameters`);
  if (owner) throw new Error(`the path ${path} belongs to two dialects: ${owner} and ${name}`);
  claims.set(shape, name);
}

/**
 * Two dialects may not meet in one path by way of a template: `/user/{id}` of one would answer for `/user/me` of the other.
 * Within one dialect the usual rule holds, the concrete path first.
 * @param {any} merged @param {Map<string, string>} claims
 */
function refuseAmbiguousPaths(merged, claims) {
  const paths = Object.keys(merged.paths);
  const ownerOf = (/** @type {string} */ path) => claims.get(path.replace(/\{[^}]*\}/g, '{}'));
  for (const template of paths.filter((path) => path.includes('{'))) {
    const other = paths.find((path) => ownerOf(path) !== ownerOf(template) && canMeet(template, path));
    if (other) throw new Error(`the path ${template} of ${ownerOf(template)} also matches ${other} of ${ownerOf(other)}`);
  }
}

/** Whether one URL could be of both. Two segments with parameters count as alike. @param {string} a @param {string} b */
function canMeet(a, b) {
  const [segments, others] = [a.split('/'), b.split('/')];
  return segments.length === others.length && segments.every((segment, i) => segmentsMeet(segment, others[i] ?? ''));
}

/** @param {string} a @param {string} b */
function segmentsMeet(a, b) {
  if (a.includes('{') && b.includes('{')) return true;
  const matches = (/** @type {string} */ template) =>
    new RegExp(`^${template.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '.+')}$`);
  return matches(a).test(b) || matches(b).test(a);
}

/** A last look at the result: some merge tools drop a document-wide security and so make operations public. @param {Contract[]} contracts @param {any} merged */
function refuseLostSecurity(contracts, merged) {
  for (const { name, document } of contracts) {
    for (const [path, method, operation] of operationsOf(document)) {
      const expected = renameSecurity(operation.security ?? document.security, pascalCase(name));
      const actual = merged.paths[path]?.[method]?.security;
      if (JSON.stringify(actual) !== JSON.stringify(expected))
        throw new Error(`${name}: ${method.toUpperCase()} ${path} lost its security in the merge`);
      for (const scheme of expected.flatMap(Object.keys)) {
        if (!merged.components.securitySchemes?.[scheme]) throw new Error(`${name}: the security scheme ${scheme} was lost in the merge`);
      }
    }
  }
}

/** @param {any} security @param {string} prefix @returns {any[]} */
function renameSecurity(security, prefix) {
  return security.map((/** @type {any} */ requirement) =>
    Object.fromEntries(Object.entries(requirement).map(([scheme, scopes]) => [prefix + scheme, scopes])),
  );
}

/** @param {any} operation @param {string} prefix */
function operationIdOf(operation, prefix) {
  return prefix[0]?.toLowerCase() + prefix.slice(1) + pascalCase(operation.operationId);
}

/** @param {any} item @param {(operation: any) => any} change */
function mapOperations(item, change) {
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [key, METHODS.includes(key) ? change(value) : value]));
}

/** @param {any} document @param {string} tag */
function tagName(document, tag) {
  return `${document.info.title} · ${tag}`;
}

/** @param {any} node @param {string} prefix @param {string} [parent] @returns {any} */
function renameReferences(node, prefix, parent = '') {
  if (Array.isArray(node)) return node.map((value) => renameReferences(value, prefix));
  if (node === null || typeof node !== 'object') return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => {
      if (NAME_MAPS.has(parent)) return [key, renameReferences(value, prefix)];
      if (isData(key, value)) return [key, value];
      if (key === '$ref') return [key, value.replace(/^#\/components\/([^/]+)\//, `#/components/$1/${prefix}`)];
      return [key, renameReferences(value, prefix, key)];
    }),
  );
}

/** A list of `examples` is data, a map of them has names. @param {string} key @param {unknown} value */
function isData(key, value) {
  return DATA_KEYS.has(key) && (key !== 'examples' || Array.isArray(value));
}
