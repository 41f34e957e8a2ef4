import { findDeno } from '../../src/sandbox/deno/binary.js';
import { jobFrame } from '../../src/sandbox/job-frame.js';
import { runProcess, startProcess } from '../../src/sandbox/process-run.js';
import type { SandboxProvider } from '../../src/sandbox/provider.js';

/** The same worker with every permission, and the environment of the service: it shows that a probe is an attack, and not a mistake. */
export function wallLessDeno(folder: string): Pick<SandboxProvider, 'run'> {
  return {
    run(job, signal, onOutput) {
      const flags = [
        'run',
        '--allow-all',
        '--no-prompt',
        '--no-npm',
        '--no-config',
        '--no-lock',
        '--unstable-worker-options',
        '--unstable-kv',
      ];
      const env = { ...process.env, DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1', DENO_DIR: `${folder}/deno` };
      const started = startProcess(findDeno(), [...flags, `${folder}/worker.js`, job.language], { cwd: '/', env });
      const wanted = { input: jobFrame(job), timeoutSeconds: job.timeoutSeconds, outputBytes: 1024 * 1024, onOutput };
      return runProcess(started, wanted, signal);
    },
  };
}
