// @ts-check
import fs from 'node:fs';
import path from 'node:path';
import { operationsOf } from '../../openapi/tools/merge.mjs';

/**
 * Stops the PostgreSQL server that was started for the tests, if one was.
 *
 * @throws {Error} after a run of all tests, where an operation has an answer in the contract that no test saw: with that the run fails.
 */
export default async function finish() {
  await /** @type {import('./global-setup.js').TestGlobals} */ (globalThis).stopStartedPostgres?.();
  const unseen = unseenAnswers();
  const isWholeRun = process.argv.slice(2).every((argument) => argument.startsWith('--'));
  if (isWholeRun && unseen.length > 0) throw new Error(`no test saw these documented answers:\n  ${unseen.join('\n  ')}`);
}

/** Every `POST /api/login 401` that the merged document has, and that no test noted. */
function unseenAnswers() {
  const file = process.env.LATCHKEY_TEST_ANSWERS ?? '';
  const seen = new Set(fs.readFileSync(file, 'utf8').split('\n'));
  fs.rmSync(path.dirname(file), { recursive: true });
  const operations = operationsOf(JSON.parse(fs.readFileSync('generated/openapi.json', 'utf8')));
  return operations
    .flatMap(([urlPath, method, { responses }]) => Object.keys(responses).map((status) => `${method.toUpperCase()} ${urlPath} ${status}`))
    .filter((answer) => !seen.has(answer));
}
