#!/usr/bin/env node
import { createProgram } from './cli/program.js';

/** Errors that tell their whole story in one sentence: a stack would only hide it. */
const PLAIN_ERRORS = new Set([
  'ConfigError',
  'DataFolderError',
  'FolderInUse',
  'AnswerLost',
  'ListenError',
  'DatabaseStopped',
  'SchemaError',
  'WrongMasterSecret',
  'Unavailable',
  'QueryFailedError',
  'ExitPromptError',
  'CommanderError',
  'InvalidArgumentError',
]);

try {
  await createProgram((exitCode) => (process.exitCode = exitCode)).parseAsync();
} catch (error) {
  const { name, message, stack, cause } = error as Error;
  console.error(PLAIN_ERRORS.has(name) ? `error: ${message}${cause instanceof Error ? `: ${cause.message}` : ''}` : stack);
  process.exit(1); // not by itself: a database that did not open leaves something behind that would keep the process
}
