import { binderOf, CORE, type Bound } from '../core/core.js';
import type { WorkbenchContext } from './context.js';
import { deleteEncryptedCode } from './delete-encrypted-code.js';
import { deleteSecret } from './delete-secret.js';
import { encryptCode } from './encrypt-code.js';
import { executeCode, executeEncryptedCode } from './execute-code.js';
import { generateCode } from './generate-code.js';
import { listEncryptedCode } from './list-encrypted-code.js';
import { listPackages } from './list-packages.js';
import { listSecrets } from './list-secrets.js';
import { addPackage } from './add-package.js';
import { putSecret } from './put-secret.js';
import { readOwnAuditTrail } from './read-own-audit-trail.js';
import { removePackage } from './remove-package.js';
import type { SandboxHealth } from './sandbox.js';
import { setPackages } from './set-packages.js';
import { storeEncryptedCode } from './store-encrypted-code.js';

/** All that dialects may name: what the core does, and what the workbench does beside it. */
const USE_CASES = {
  ...CORE,
  putSecret,
  listSecrets,
  deleteSecret,
  readOwnAuditTrail,
  listPackages,
  setPackages,
  addPackage,
  removePackage,
  encryptCode,
  storeEncryptedCode,
  listEncryptedCode,
  deleteEncryptedCode,
  executeCode,
  executeEncryptedCode,
  generateCode,
  /** What is known of the sandbox; nothing is tried for this. */
  sandboxHealth: ({ ports }: WorkbenchContext): SandboxHealth => ports.sandbox.health(),
};

export type UseCases = Bound<typeof USE_CASES>;

/** Binds all use cases to the world, to one dialect's policy, and to where a request comes from. */
export const createUseCases: (context: WorkbenchContext) => UseCases = binderOf(USE_CASES);
