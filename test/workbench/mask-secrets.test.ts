import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMasks } from '../../src/workbench/mask-secrets.js';

/** What is shown of pieces, all in all. */
function shown(values: string[], pieces: string[]): string {
  const mask = createMasks(values).stdout;
  return pieces.map((piece) => mask.push(piece)).join('') + mask.end(true);
}

it('a value is masked wherever the pieces of the output were cut', () => {
  const text = 'the key is hunter2-hunter2, and once more: hunter2-hunter2.';
  for (let cut = 0; cut <= text.length; cut++) {
    expect(shown(['hunter2-hunter2'], [text.slice(0, cut), text.slice(cut)])).toBe('the key is ***, and once more: ***.');
  }
});

it('what is no value is shown as it is, beginnings of one included', () => {
  expect(shown(['abcabcabd'], ['abcabc', 'abcabc', 'ab'])).toBe('abcabcabcabcab');
});

it('a value that overlaps another one leaves nothing of either behind', () => {
  expect(shown(['12345678', '56789abc'], ['..1234567', '89abc..'])).toMatch(/^\.\.(\*\*\*)+\.\.$/);
});

it('values of fewer than eight characters are shown', () => {
  expect(shown(['1234567', ''], ['1234567'])).toBe('1234567');
});

it('what was cut off in the middle of a value shows no part of it, and the two streams do not mix', () => {
  const { stdout, stderr } = createMasks(['12345678']);

  expect([stdout.push('a 1234567'), stderr.push('8 b'), stdout.end(false), stderr.end(true)]).toEqual(['a ', '8 b', '***', '']);
});

it('what can be shown is not held back', () => {
  const mask = createMasks(['x'.repeat(10_000)]).stdout;

  expect(mask.push('a line\n')).toBe('a line\n');
});

it('however a text is cut, it is shown as in one piece, and has no value in it', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 8, maxLength: 12 });
  const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 40 });
  fc.assert(
    fc.property(fc.array(letters, { maxLength: 3 }), fc.array(fc.oneof(texts, letters), { maxLength: 6 }), (values, pieces) => {
      const whole = shown(values, [pieces.join('')]);

      expect(shown(values, pieces).replace(/(\*\*\*)+/g, '*')).toBe(whole.replace(/(\*\*\*)+/g, '*'));
      for (const value of values) expect(whole).not.toContain(value);
    }),
    { numRuns: 2_000 },
  );
});

it('a hundred secrets that are met everywhere in much output are masked like one', () => {
  const values = Array.from({ length: 100 }, (_, n) => 'a'.repeat(8 + n));
  const mask = createMasks([...values, ...values]).stdout;
  const pieces = Array.from({ length: 16 }, () => mask.push('a'.repeat(65_536)));

  expect((pieces.join('') + mask.end(true)).replace(/(\*\*\*)+/g, '*')).toMatch(/^\*a{0,7}$/);
});

it('takes no longer for values and texts that are made to take long', () => {
  const value = 'a'.repeat(60_000);
  const mask = createMasks([`b${value}`, `${value}b`]).stdout;
  let length = 0;
  for (let piece = 0; piece < 16; piece++) length += mask.push('a'.repeat(60_000)).length; // quadratic, it would not end within the time limit of the test

  expect(length + mask.end(true).length).toBe(16 * 60_000);
});
