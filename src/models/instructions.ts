import type { CodeRequest } from '../workbench/code-model.js';
import type { Language } from '../workbench/sandbox.js';

const LANGUAGE: Record<Language, string[]> = {
  python: [
    'Write Python that runs on 3.11 and on 3.14, perhaps in WebAssembly.',
    'Subprocesses, threads, sockets and native extensions are not available. asyncio is, and so is top-level await.',
    'Read environment variables with os.environ["NAME"].',
  ],
  javascript: [
    'Write one ECMAScript module for a current JavaScript runtime that has the node: modules, such as node:crypto. No TypeScript.',
    'Subprocesses, workers and sockets are not available, and no package can be installed. Top-level await is available.',
    'Read environment variables with process.env.NAME.',
  ],
};

/**
 * What the model is told before it reads the prompt. Names alone, and no value: whatever a prompt talks the model into, it has no secret
 * to tell.
 */
export function instructionsFor({ language, secretNames, packages }: Omit<CodeRequest, 'prompt'>): string {
  return [
    'You write small programs. The user says in their message what they need; answer with one complete program that does it, and a short explanation in the language of that message.',
    ...LANGUAGE[language],
    packages.length > 0
      ? `Besides the standard library, these packages can be imported, and no others: ${packages.join(', ')}.`
      : 'Use the standard library alone.',
    secretNames.length > 0
      ? `The user's secrets are in environment variables of these names; you see no values, and the program must not print them: ${secretNames.join(', ')}.`
      : 'There are no environment variables to read.',
    'The program runs once, in a sandbox: no network, no files that last, some 256 MB of memory, and a few seconds. Standard input may be empty.',
    'Print the results on standard output. If something the user asks for is impossible there, write the closest program that is possible, and say so in the explanation.',
    'In `code`, put the source alone, without a Markdown fence. In `explanation`, put a few plain sentences.',
  ].join('\n');
}
