import crypto from 'node:crypto';
import zlib from 'node:zlib';

/** A wheel of pure Python, made here. */
export interface TestWheel {
  filename: string;
  bytes: Buffer;
  /** In hex. */
  sha256: string;
}

/**
 * Makes a wheel that installs: one module, and the metadata that PEP 427 asks for.
 *
 * @param options.source of the module `<name>.py`.
 * @param options.tag as in `py3-none-any`.
 * @param options.padding so many bytes more.
 */
export function makeWheel(
  name: string,
  version: string,
  { source = `VERSION = '${version}'\n`, tag = 'py3-none-any', padding = 0 } = {},
): TestWheel {
  const distribution = name.replace(/[-_.]+/g, '_');
  const info = `${distribution}-${version}.dist-info`;
  const files: Record<string, Buffer> = {
    [`${distribution}.py`]: Buffer.from(source),
    [`${info}/METADATA`]: Buffer.from(`Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`),
    [`${info}/WHEEL`]: Buffer.from(`Wheel-Version: 1.0\nGenerator: latchkey-test\nRoot-Is-Purelib: true\nTag: ${tag}\n`),
  };
  if (padding > 0) files[`${distribution}_padding.bin`] = crypto.randomBytes(padding);
  files[`${info}/RECORD`] = Buffer.from(recordOf(files, `${info}/RECORD`));
  return toTestWheel(`${distribution}-${version}-${tag}.whl`, zipOf(files));
}

/** Any file under a wheel's name. */
export function toTestWheel(filename: string, bytes: Buffer): TestWheel {
  return { filename, bytes, sha256: crypto.createHash('sha256').update(bytes).digest('hex') };
}

/** @see PEP 376, "RECORD" */
function recordOf(files: Record<string, Buffer>, own: string): string {
  const lines = Object.entries(files).map(([name, content]) => {
    const hash = crypto.createHash('sha256').update(content).digest('base64url');
    return `${name},sha256=${hash},${content.length}`;
  });
  return [...lines, `${own},,`, ''].join('\n');
}

/** A zip archive whose entries are stored as they are. @see PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16 */
export function zipOf(files: Record<string, Buffer>): Buffer {
  const local: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const common = commonFields(name, content);
    const header = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), content]);
    const where = Buffer.alloc(14); // no comment, first disk, no attributes
    where.writeUInt32LE(0o100644 * 0x10000, 6);
    where.writeUInt32LE(offset, 10);
    central.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, where, Buffer.from(name));
    local.push(header);
    offset += header.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(Object.keys(files).length, 4);
  end.writeUInt16LE(Object.keys(files).length, 6);
  end.writeUInt32LE(directory.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, directory, Buffer.from('PK\x05\x06', 'latin1'), end]);
}

/** What the two headers of an entry have in common: version needed, flags, method, time, date, checksum, sizes, lengths. */
function commonFields(name: string, content: Buffer): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(0x0021, 8); // 1 January 1980
  fields.writeUInt32LE(zlib.crc32(content), 10);
  fields.writeUInt32LE(content.length, 14);
  fields.writeUInt32LE(content.length, 18);
  fields.writeUInt16LE(Buffer.byteLength(name), 22);
  return fields;
}
