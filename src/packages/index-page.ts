import { Parser } from 'htmlparser2';
import { z } from 'zod';
import { Unavailable } from '../core/faults.js';
import type { IndexFile } from './wheel-choice.js';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const HTML_TYPES = ['application/vnd.pypi.simple.v1+html', 'text/html'];

/** What is sent as `Accept`: JSON rather than HTML. @see PEP 691, "Version + Format Selection" */
export const INDEX_MEDIA_TYPES = `${JSON_TYPE}, ${HTML_TYPES[0]};q=0.2, ${HTML_TYPES[1]};q=0.1`;

/** What is read of a project's page. @see PEP 691, "Project Detail"; PEP 700 for `size` */
const jsonPage = z.object({
  meta: z.object({ 'api-version': z.string() }),
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
      'requires-python': z.string().nullish(),
      yanked: z.union([z.boolean(), z.string()]).default(false),
      size: z.number().nullish(),
    }),
  ),
});

/**
 * Reads the page that lists the files of one project.
 *
 * @throws Unavailable where it is none, or of another major version than 1 (PEP 629).
 */
export function readIndexPage(contentType: string, body: Uint8Array): IndexFile[] {
  const mediaType = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const text = new TextDecoder().decode(body);
  if (mediaType === JSON_TYPE) return readJson(text);
  if (HTML_TYPES.includes(mediaType)) return readHtml(text);
  throw new Unavailable('the package index answered with what is no page of an index');
}

function readJson(text: string): IndexFile[] {
  const page = jsonPage.safeParse(parsed(text));
  if (!page.success) throw new Unavailable('the package index answered with JSON that is no page of an index');
  refuseOtherMajors(page.data.meta['api-version']);
  return page.data.files.map(({ filename, url, hashes, yanked, size, ...file }) => ({
    filename,
    url,
    sha256: hashes.sha256 ?? null,
    requiresPython: file['requires-python'] ?? null,
    isYanked: yanked !== false,
    sizeBytes: size ?? null,
  }));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** As lenient as browsers and pip are: of a page that breaks the rules of HTML, the links count. */
function readHtml(text: string): IndexFile[] {
  const files: IndexFile[] = [];
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'meta' && attributes.name === 'pypi:repository-version') refuseOtherMajors(attributes.content ?? '');
      if (name === 'a' && attributes.href !== undefined) files.push(fileOf(attributes.href, attributes));
    },
  });
  parser.end(text);
  return files;
}

/** @see PEP 503, "Specification"; PEP 592 for `data-yanked` */
function fileOf(href: string, attributes: Record<string, string>): IndexFile {
  const [address = '', fragment = ''] = href.split('#', 2);
  return {
    filename: lastSegment(address),
    url: address,
    sha256: new URLSearchParams(fragment).get('sha256'),
    requiresPython: attributes['data-requires-python'] ?? null,
    isYanked: attributes['data-yanked'] !== undefined,
    sizeBytes: null,
  };
}

/** The text of the link says the same, where it is right; of the two, this one says what will come. */
function lastSegment(address: string): string {
  const segment = address.split('?', 1)[0]?.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

function refuseOtherMajors(version: string): void {
  if (!/^1\.\d+$/.test(version)) throw new Unavailable('the package index speaks another version of the simple API');
}
