/** A paragraph, one sentence to an item; a value that people copy; or a link. */
export type Part = string[] | { value: string } | { link: string };

/** The parts as plain text: each sentence, value and link unbroken on a line of its own, so that people and programs can pick it. */
export function toText(parts: Part[]): string {
  return `${parts.map((part) => linesOf(part).join('\n')).join('\n\n')}\n`;
}

/** The same parts as a whole HTML document that loads nothing. */
export function toHtml(title: string, parts: Part[]): string {
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body>`,
    ...parts.map((part) => `<p>${toInnerHtml(part)}</p>`),
    '</body></html>',
    '',
  ].join('\n');
}

function linesOf(part: Part): string[] {
  if (Array.isArray(part)) return part;
  return ['link' in part ? part.link : part.value];
}

function toInnerHtml(part: Part): string {
  const [first = '', ...more] = linesOf(part).map(escapeHtml);
  if (Array.isArray(part)) return [first, ...more].join('\n');
  return 'link' in part ? `<a href="${first}">${first}</a>` : `<code>${first}</code>`;
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** For text and for quoted attributes alike. */
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
