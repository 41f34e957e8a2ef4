import fs from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { operationsOf } from '../openapi/tools/merge.mjs';
import { createProgram } from '../src/cli/program.js';
import { DIALECTS } from '../src/dialects/index.js';
import { SETTING_NAMES } from '../src/config.js';
import { mergedDocument } from './support/response-checker.js';

const readme = fs.readFileSync('README.md', 'utf8');

describe('the README', () => {
  it('leads to a list of every operation of the contract', () => {
    const [, link = ''] = /\[generated\/operations\.md\]\((.+?)\)/.exec(readme) ?? [];
    const list = fs.readFileSync(link, 'utf8');
    const operations = operationsOf(mergedDocument).map(([path, method]) => `\`${method.toUpperCase()} ${path}\``);

    expect(operations.filter((operation) => !list.includes(operation))).toEqual([]);
  });

  it('names every dialect', () => {
    const words = DIALECTS.map(({ name }) => (name === 'latchkey' ? 'native' : name));

    expect(words.filter((word) => !new RegExp(`^\\| ${word} \\|`, 'im').test(readme))).toEqual([]);
  });

  it('names every setting, and no other', () => {
    const table = readme.slice(readme.indexOf('## Settings'), readme.indexOf('## How it is built'));
    const named = [...table.matchAll(/^\| (.+?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([A-Z0-9_]+)`/g)].map(([, name]) => name),
    );

    expect(named.sort()).toEqual([...SETTING_NAMES].sort());
  });

  it('names every command and every option of it', () => {
    const block = readme.slice(readme.indexOf('## Commands'), readme.indexOf('## Settings'));
    const commands = createProgram(() => {}).commands.flatMap((command) => (command.commands.length > 0 ? command.commands : [command]));
    const words = commands.flatMap((command) => [command.name(), ...command.options.map((option) => option.long ?? '')]);

    expect(words.filter((word) => !block.includes(word))).toEqual([]);
  });
});
