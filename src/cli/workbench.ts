import path from 'node:path';
import type { Config } from '../config.js';
import { createAnthropicModel } from '../models/anthropic-model.js';
import { createPackageIndex } from '../packages/package-index.js';
import { createBwrapProvider } from '../sandbox/bwrap/provider.js';
import { createDenoProvider } from '../sandbox/deno/provider.js';
import type { SandboxProvider } from '../sandbox/provider.js';
import { createSandbox } from '../sandbox/sandbox.js';
import { createAccountJobs } from '../workbench/account-jobs.js';
import type { CodeModel } from '../workbench/code-model.js';
import type { WorkbenchPorts } from '../workbench/ports.js';

/** For a look at a project's page and for its file. */
const PACKAGE_TIMEOUT_MS = 20_000;
const MODEL_TIMEOUT_MS = 120_000;
const MODEL_MAX_TOKENS = 16_000;

/** The workbench's ports that are neither database nor keys. */
export type OutsideWorld = Pick<WorkbenchPorts, 'sandbox' | 'packageIndex' | 'codeModel' | 'accountJobs'>;

/** What the workbench works with, by the settings. Nothing is started for it, and nobody asked, before the first request that needs it. */
export function outsideWorld(config: Config, onSandboxFault: (fault: string) => void): OutsideWorld {
  const cacheFolder = path.join(config.DATA_DIR, 'wheels');
  return {
    sandbox: createSandbox(providerOf(config), { onFault: onSandboxFault }),
    packageIndex: createPackageIndex({ indexUrl: config.PACKAGE_INDEX_URL, cacheFolder, timeoutMs: PACKAGE_TIMEOUT_MS }),
    codeModel: modelOf(config),
    accountJobs: createAccountJobs(),
  };
}

function providerOf({ SANDBOX, SANDBOX_WARM_WORKERS: warmWorkers }: Config): SandboxProvider | null {
  if (SANDBOX === 'off') return null;
  return SANDBOX === 'bwrap' ? createBwrapProvider() : createDenoProvider({ warmWorkers });
}

function modelOf({ ANTHROPIC_API_KEY: apiKey, ANTHROPIC_BASE_URL: baseUrl, ANTHROPIC_MODEL: model }: Config): CodeModel | null {
  if (!apiKey) return null;
  return createAnthropicModel({ apiKey, baseUrl, model, timeoutMs: MODEL_TIMEOUT_MS, maxTokens: MODEL_MAX_TOKENS });
}
