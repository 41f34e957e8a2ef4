// The program as it is shipped, but for how long a new key is known before its first use, and how often processes look for one.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const program = pathToFileURL(path.resolve(import.meta.dirname, '../../dist/src/cli/program.js')).href;
/** @type {typeof import('../../src/cli/program.js')} */
const { createProgram } = await import(program);
const parts = { keyLeadSeconds: 6, keyRing: { reloadSeconds: 1 } };
await createProgram((exitCode) => (process.exitCode = exitCode), parts).parseAsync();
