#!/usr/bin/env node
import { createProgram } from './cli/program.js';

/** Errors that tell their whole story in one sentence: a stack would only hide it. */
const PLAIN_ERRORS = new Set([
  'ConfigError',
  'DataFolderError',
  'FolderInUse',
  'ListenError',
  'SchemaError',
  'WrongMasterSecret',
  'Unavailable',
  'CommanderError',
  'InvalidArgumentError',
]);

try {
  await createProgram((exitCode) => (process.exitCode = exitCode)).parseAsync();
} catch (error) {
  const { name, message, stack, cause } = error as Error;
  console.error(PLAIN_ERRORS.has(name) ? `error: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}` : stack);
  process.exitCode = 1;
}
