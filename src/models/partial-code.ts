/** From the beginning of the answer to that of the code, which the schema puts first. */
const OPENING = /^\s*\{\s*"code"\s*:\s*"/;
/** What a JSON string is made of, each whole: a surrogate waits for its other half. @see RFC 8259, section 7 */
const PARTS = [
  String.raw`[^"\\\u0000-\u001f\ud800-\udfff]`,
  String.raw`[\ud800-\udbff][\udc00-\udfff]`,
  String.raw`\\["\\/bfnrt]`,
  String.raw`\\u(?!d[89a-f])[\da-f]{4}`,
  String.raw`\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}`,
];
/** Whatever is longer, and not whole, is no JSON. */
const LONGEST_PART = 12;
const WHOLE = new RegExp(`^(?:${PARTS.join('|')})+`, 'i');

/**
 * Reads the code out of an answer that comes in pieces: `{"code": "...", "explanation": "..."}`.
 *
 * @returns a function that takes the next piece, and returns what it adds to the code: nothing behind its end, or where it is no JSON.
 */
export function createPartialCode(): (piece: string) => string {
  let waiting = '';
  let isInside = false;
  let isOver = false;
  return (piece) => {
    if (isOver) return '';
    waiting += piece;
    const opening = isInside ? '' : OPENING.exec(waiting)?.[0];
    if (opening === undefined) return '';
    isInside = true;
    waiting = waiting.slice(opening.length);
    const whole = WHOLE.exec(waiting)?.[0] ?? '';
    waiting = waiting.slice(whole.length);
    isOver = waiting.startsWith('"') || waiting.length > LONGEST_PART;
    return parsed(whole);
  };
}

/** The regular expression knows no escape in upper case that JSON does not: `\N` would be one. */
function parsed(whole: string): string {
  try {
    return JSON.parse(`"${whole}"`) as string;
  } catch {
    return '';
  }
}
