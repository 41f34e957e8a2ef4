import type { OperationsOf } from '../dialect.js';
import {
  byCursor,
  DEFAULT_TIMEOUT_SECONDS,
  INFO,
  toAuditEntry,
  toAuthResponse,
  toEncryptedCode,
  toExecution,
  toGeneration,
  toHealth,
  toPackage,
  toRun,
  toSecret,
} from './wire.js';

const AUDIT_PAGE_SIZE = 50;

/** One handler for each operation of the contract. */
export const operations: OperationsOf<'pyth-on'> = {
  async register({ body }, core) {
    const signedUp = await core.signUpAndIn({ email: body.email, password: body.password });
    return signedUp.ok ? { status: 201, body: toAuthResponse(signedUp.value, core) } : signedUp;
  },

  async login({ body }, core) {
    const signedIn = await core.signInWithPassword({ email: body.email, password: body.password });
    return signedIn.ok ? { status: 200, body: toAuthResponse(signedIn.value, core) } : signedIn;
  },

  async refreshToken(_request, core, { principal }) {
    const renewed = await core.renewSession(principal);
    return renewed.ok ? { status: 200, body: toAuthResponse(renewed.value, core) } : renewed;
  },

  async verifyToken(_request, _core, { principal }) {
    return { status: 200, body: { valid: true, user: { email: String(principal.accessToken?.claims.email) } } };
  },

  async getHealth(_request, core) {
    await core.checkReadiness();
    return { status: 200, body: toHealth(core.now(), core.uptimeSeconds(), core.sandboxHealth()) };
  },

  async getInfo() {
    return { status: 200, body: INFO };
  },

  async executeCode({ body }, core, { principal, signal, emit }) {
    const request = { source: body.code, language: body.language ?? 'python', ...toRun(body) };
    const executed = await core.executeCode(principal, request, { signal, onOutput: (stream, text) => emit(stream, { text }) });
    return executed.ok ? { status: 200, body: toExecution(executed.value) } : executed;
  },

  async putSecret({ path, body }, core, { principal }) {
    const { value, description = null } = body;
    const put = await core.putSecret(principal, { name: path.name, value, description });
    return put.ok ? { status: put.value.created ? 201 : 200, body: toSecret(put.value.secret) } : put;
  },

  async deleteSecret({ path }, core, { principal }) {
    const deleted = await core.deleteSecret(principal, path.name);
    return deleted.ok ? { status: 204, body: undefined } : deleted;
  },

  async listSecrets(_request, core, { principal }) {
    const listed = await core.listSecrets(principal);
    return listed.ok ? { status: 200, body: { secrets: listed.value.map(toSecret) } } : listed;
  },

  async getAuditLog({ query }, core, { principal }) {
    const { action, outcome, from, until, cursor = null, limit = AUDIT_PAGE_SIZE } = query ?? {};
    const filter = {
      ...(action !== undefined && { action }),
      ...(outcome && { outcome }),
      ...(from !== undefined && { from: new Date(from) }),
      ...(until !== undefined && { until: new Date(until) }),
    };
    const notATime = (['from', 'until'] as const).find((name) => Number.isNaN(filter[name]?.getTime()));
    if (notATime) return { issues: [{ in: 'query', path: [notATime], rule: 'format' }] }; // a leap second, which a Date cannot hold
    const read = await core.readOwnAuditTrail(principal, { after: cursor, limit: limit + 1 }, filter);
    return read.ok ? { status: 200, body: byCursor(read.value.map(toAuditEntry), limit) } : read;
  },

  async generateCode({ body }, core, { principal, signal, emit }) {
    const { prompt, language = 'python', execute = false, timeout = DEFAULT_TIMEOUT_SECONDS } = body;
    const request = { prompt, language, timeoutSeconds: execute ? timeout : null };
    const generated = await core.generateCode(principal, request, {
      signal,
      onCode: (text) => emit('code', { text }),
      onOutput: (stream, text) => emit(stream, { text }),
    });
    return generated.ok ? { status: 200, body: toGeneration(generated.value) } : generated;
  },

  async listPackages(_request, core, { principal }) {
    const listed = await core.listPackages(principal);
    return listed.ok ? { status: 200, body: { packages: listed.value.map(toPackage) } } : listed;
  },

  async setPackages({ body }, core, { principal }) {
    const set = await core.setPackages(principal, body.packages);
    return set.ok ? { status: 200, body: { packages: set.value.map(toPackage) } } : set;
  },

  async addPackage({ body }, core, { principal }) {
    const added = await core.addPackage(principal, body.package);
    return added.ok ? { status: 201, body: toPackage(added.value) } : added;
  },

  async removePackage({ path }, core, { principal }) {
    const removed = await core.removePackage(principal, path.name);
    return removed.ok ? { status: 204, body: undefined } : removed;
  },

  async encryptCode({ body }, core, { principal }) {
    const { code, masterPassword, name, language = 'python' } = body;
    const encrypted = await core.encryptCode(principal, { code, password: masterPassword, name, language });
    return encrypted.ok ? { status: 200, body: encrypted.value } : encrypted;
  },

  async putEncryptedCode({ path, body }, core, { principal }) {
    const stored = await core.storeEncryptedCode(principal, path.name, body);
    return stored.ok ? { status: 200, body: toEncryptedCode(stored.value.code) } : stored;
  },

  async deleteEncryptedCode({ path }, core, { principal }) {
    const deleted = await core.deleteEncryptedCode(principal, path.name);
    return deleted.ok ? { status: 204, body: undefined } : deleted;
  },

  async listEncryptedCode(_request, core, { principal }) {
    const listed = await core.listEncryptedCode(principal);
    return listed.ok ? { status: 200, body: { programs: listed.value.map(toEncryptedCode) } } : listed;
  },

  async executeEncryptedCode({ path, body }, core, { principal, signal, emit }) {
    const request = { name: path.name, password: body.masterPassword, ...toRun(body) };
    const executed = await core.executeEncryptedCode(principal, request, { signal, onOutput: (stream, text) => emit(stream, { text }) });
    return executed.ok ? { status: 200, body: toExecution(executed.value) } : executed;
  },
};
