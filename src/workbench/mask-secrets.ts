import type { OutputStream } from './sandbox.js';

/** Shorter ones are everywhere: masking them would tell more than it hides. */
const MIN_MASKED_LENGTH = 8;
const MASK = '***';

/** Replaces secret values in a text that comes in pieces. */
export interface Mask {
  /** @returns what can be shown by now; the end of it may have to wait for what comes next. */
  push(text: string): string;
  /**
   * @param isWhole whether nothing of the text is missing at its end; else what waits may be most of a value.
   * @returns what waited.
   */
  end(isWhole: boolean): string;
}

/** How far a value has been met at the end of what was seen, by the algorithm of Knuth, Morris and Pratt: each step takes the same time, whatever anybody prints. */
interface Search {
  value: string;
  /** For each length of a met beginning: that of the longest shorter one which is its end, too. */
  fallback: Uint32Array;
  met: number;
}

/**
 * Masks for values of eight characters and more, one for each stream. Best effort: a program that writes a value in another form, backwards or in
 * base64, shows it.
 */
export function createMasks(values: string[]): Record<OutputStream, Mask> {
  const searches = [...new Set(values)].filter(({ length }) => length >= MIN_MASKED_LENGTH).map(searchFor);
  const anew = () => searches.map((search) => ({ ...search })); // the tables are large, and shared
  return { stdout: createMask(anew()), stderr: createMask(anew()) };
}

function createMask(searches: Search[]): Mask {
  let waiting = ''; // may be the beginning of a value
  return {
    push(text) {
      const seen = waiting + text;
      const hidden = new Uint8Array(seen.length);
      let end = seen.length;
      for (const search of searches) {
        for (const to of meet(search, text)) hidden.fill(1, Math.max(0, waiting.length + to - search.value.length), waiting.length + to);
        end = Math.min(end, seen.length - search.met);
      }
      while (hidden[end]) end++; // what is hidden need not wait
      waiting = seen.slice(end);
      return masked(seen, hidden.subarray(0, end));
    },
    end: (isWhole) => (isWhole || waiting === '' ? waiting : MASK),
  };
}

/** The text as far as marks go, with one mask for whatever is hidden in a row. */
function masked(text: string, hidden: Uint8Array): string {
  let shown = '';
  for (let from = 0; from < hidden.length;) {
    const change = hidden.indexOf(hidden[from] ? 0 : 1, from);
    const to = change < 0 ? hidden.length : change;
    shown += hidden[from] ? MASK : text.slice(from, to);
    from = to;
  }
  return shown;
}

function searchFor(value: string): Search {
  const search: Search = { value, fallback: new Uint32Array(value.length + 1), met: 0 };
  for (let length = 2; length <= value.length; length++) {
    search.met = step(search, value.charCodeAt(length - 1));
    search.fallback[length] = search.met;
  }
  return { ...search, met: 0 };
}

function step({ value, fallback, met }: Search, code: number): number {
  let length = met;
  while (length > 0 && value.charCodeAt(length) !== code) length = fallback[length] ?? 0;
  return value.charCodeAt(length) === code ? length + 1 : 0;
}

/** Where in the text the value ends, each time. */
function meet(search: Search, text: string): number[] {
  const ends: number[] = [];
  for (let at = 0; at < text.length; at++) {
    search.met = step(search, text.charCodeAt(at));
    if (search.met < search.value.length) continue;
    ends.push(at + 1);
    search.met = 0;
  }
  return ends;
}
