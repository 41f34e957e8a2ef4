import fs from 'node:fs';
import { describe, expect, it } from '@jest/globals';

/** Every statement there is. */
const NUMBERS = [...Array.from({ length: 45 }, (_, index) => `S${String(index + 1).padStart(2, '0')}`), 'O46', 'O47', 'O48'];

const PAGE = fs.readFileSync('docs/security.md', 'utf8');

interface Row {
  number: string;
  status: string;
  files: string[];
}

const ROWS: Row[] = [...PAGE.matchAll(/^\| ([SO]\d\d) \| [^|]+ \| ([^|]+) \|([^|]*)\|$/gm)].map(
  ([, number = '', status = '', files = '']) => ({
    number,
    status,
    files: [...files.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }),
);

/** The numbers that names of tests in each file begin with: the first argument of `it`, also of one with a table. */
const SHOWN = new Map(
  fs
    .readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file): [string, Set<string>] => [`test/${file}`, numbersIn(fs.readFileSync(`test/${file}`, 'utf8'))]),
);

function numbersIn(source: string): Set<string> {
  const names = source.matchAll(/(?<!describe)(?<!describe\.each[^\n]*)\(\s*['"`]((?:[SO]\d\d(?:, )?)+): /g);
  return new Set([...names].flatMap(([, numbers = '']) => numbers.split(', ')));
}

describe('the page of security', () => {
  it('O48: has every statement once, and a level of ASVS with what is missing of it by number', () => {
    expect(ROWS.map(({ number }) => number)).toEqual(NUMBERS);
    const [, claim = ''] = PAGE.split('## ASVS 5.0');
    expect(claim).toContain('The level claimed is 2');
    expect([...claim.matchAll(/^\| (\d+\.\d+\.[\dx]+)/gm)].map(([, requirement]) => requirement)).toEqual(
      expect.arrayContaining(['6.3.3', '7.5.2', '16.4.3']),
    );
  });

  it('says of each whether it holds, and what is missing where it does not', () => {
    for (const { number, status } of ROWS) {
      expect({ number, status }).toEqual({
        number,
        status: expect.stringMatching(/^(holds([;:] .+)?|(holds in part|does not apply yet): .+)$/),
      });
    }
  });

  it.each(ROWS.filter(({ status }) => status.startsWith('holds')))('names files with tests of $number', ({ number, files }) => {
    expect(files.length).toBeGreaterThan(0);
    for (const file of files)
      expect({ file, shows: [...(SHOWN.get(file) ?? [])] }).toEqual({ file, shows: expect.arrayContaining([number]) });
  });

  it('names no file for what does not apply yet', () => {
    expect(ROWS.filter(({ status, files }) => status.startsWith('does not') && files.length > 0)).toEqual([]);
  });

  it('has every number that the name of a test begins with', () => {
    const unknown = [...SHOWN].filter(([, numbers]) => [...numbers].some((number) => !NUMBERS.includes(number)));
    expect(unknown).toEqual([]);
  });
});
