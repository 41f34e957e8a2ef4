import type {
  PythOnAuditEntry,
  PythOnAuditLog,
  PythOnAuthResponse,
  PythOnEncryptedCodeMetadata,
  PythOnExecuteRequest,
  PythOnExecuteResponse,
  PythOnGenerateResponse,
  PythOnHealthResponse,
  PythOnInfoResponse,
  PythOnPackageInfo,
  PythOnSecretMetadata,
  PythOnUserInfo,
} from '../../../generated/client/types.gen.js';
import type { Account } from '../../core/account.js';
import type { AuditRecord } from '../../core/audit.js';
import type { Core } from '../../core/core.js';
import type { SignedIn } from '../../core/open-session.js';
import type { Generation } from '../../workbench/generate-code.js';
import type { EncryptedCodeMetadata, OwnPackage, SecretMetadata } from '../../workbench/ports.js';
import type { Execution, RunRequest } from '../../workbench/run-program.js';
import type { SandboxHealth } from '../../workbench/sandbox.js';

/** Who signed in, with the token and the account's lasting API key. */
export function toAuthResponse({ account, accessToken }: SignedIn, core: Core): PythOnAuthResponse {
  return { token: accessToken, apiKey: core.apiKeyOf(account), user: toUserInfo(account) };
}

/** The one thing that this API shows of an account. */
export function toUserInfo(account: Account): PythOnUserInfo {
  return { email: account.email };
}

const API_VERSION = '1.0.0';

/** Which API this is. */
export const INFO: PythOnInfoResponse = { name: 'Pyth-On API', version: API_VERSION, documentation: '/docs' };

/** That the service is well, and what is known of its sandbox. */
export function toHealth(now: Date, uptimeSeconds: number, sandbox: SandboxHealth): PythOnHealthResponse {
  const uptime = Math.floor(uptimeSeconds);
  return { status: 'ok', version: API_VERSION, uptime, timestamp: now.toISOString(), database: 'ok', sandbox };
}

/** As the contract has it where nothing is said. */
export const DEFAULT_TIMEOUT_SECONDS = 10;

/** What is wanted of a run. */
export function toRun({
  stdin = '',
  timeout = DEFAULT_TIMEOUT_SECONDS,
  secrets,
  packages,
}: Omit<PythOnExecuteRequest, 'code'>): RunRequest {
  return { stdin, timeoutSeconds: timeout, secretNames: secrets ?? null, packageNames: packages ?? null };
}

/** How a run ended. */
export function toExecution({ id, status, exitCode, stdout, stderr, truncated, durationMs }: Execution): PythOnExecuteResponse {
  return {
    executionId: id,
    status,
    success: status === 'ok',
    exitCode,
    stdout,
    stderr,
    stdoutTruncated: truncated.includes('stdout'),
    stderrTruncated: truncated.includes('stderr'),
    durationMs,
  };
}

/** What a model wrote, and how it ended. */
export function toGeneration({ code, language, explanation, execution }: Generation): PythOnGenerateResponse {
  return { code, language, explanation, execution: execution && toExecution(execution) };
}

/** What is shown of a secret. */
export function toSecret({ name, description, createdAt, updatedAt }: SecretMetadata): PythOnSecretMetadata {
  return { name, description, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
}

/** A package of the list. */
export function toPackage({ name, version, sha256, sizeBytes, addedAt }: OwnPackage): PythOnPackageInfo {
  return { name, version, language: 'python', sha256, sizeBytes, addedAt: addedAt.toISOString() };
}

/** What is shown of encrypted code. */
export function toEncryptedCode({ name, language, sizeBytes, createdAt, updatedAt }: EncryptedCodeMetadata): PythOnEncryptedCodeMetadata {
  const times = { createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString() };
  return { name, language, algorithm: 'argon2id+xchacha20poly1305-ietf', sizeBytes, ...times };
}

/** A record of the audit trail. */
export function toAuditEntry({ id, at, action, outcome, reason, resource, dialect, ipAddress }: AuditRecord): PythOnAuditEntry {
  const success = outcome === 'success';
  return { id, timestamp: at.toISOString(), action, success, reason, resource, api: dialect, ip: ipAddress };
}

/** A part of the log, of which one entry more was asked for than is shown: it tells whether the log goes on. */
export function byCursor(entries: PythOnAuditEntry[], limit: number): PythOnAuditLog {
  const shown = entries.slice(0, limit);
  return { entries: shown, nextCursor: entries.length > limit ? (shown.at(-1)?.id ?? null) : null };
}
