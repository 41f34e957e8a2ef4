import type { OnOutput, OutputStream } from '../workbench/sandbox.js';

/** What a process may say before the program begins: nothing of the program's has run by then, so that none of it can be forged. */
const MARKERS = ['READY', 'RUN', 'DECRYPTION_FAILED'] as const;
type Marker = (typeof MARKERS)[number];

const NEWLINE = 10;
const LONGEST_MARKER_BYTES = 32;
/** Longer than what may be the beginning of a report. */
const LONGEST_BEGINNING = 200;
/** How much is kept of what a process said: its last words tell why it ended. */
const LAST_WORDS = 1000;

/** How to know a runtime's report of its own crash in what it writes, with the empty lines before it. */
export interface CrashReport {
  begins: RegExp;
  /** At the end of what was seen: what comes next tells whether it is one. Runtimes write their reports in pieces. */
  mayBegin: RegExp;
}

/** What is done with the output of a process. */
export interface OutputUse {
  /** Of both streams together; what exceeds them is cut. */
  outputBytes: number;
  /** On standard error it is kept back, and shown only where it was none. */
  crashReport?: CrashReport;
  onOutput: OnOutput;
  /** The program begins, or never will. */
  onMarker(marker: Exclude<Marker, 'READY'> | 'nonsense'): void;
  onTooMuch(): void;
}

export interface ProcessOutput {
  take(stream: OutputStream, chunk: Buffer): void;
  /**
   * Hands over what was kept back, unless the runtime has crashed.
   *
   * @returns the streams that were cut, and the end of standard error.
   */
  finish(hasCrashed: (lastWords: string) => boolean): { truncated: OutputStream[]; lastWords: string };
}

/** Reads what a process says: markers up to `RUN`, from there on what the program writes. */
export function readOutput(use: OutputUse): ProcessOutput {
  const program = programOutput(use);
  let head: Buffer | null = Buffer.alloc(0); // of standard output, while the program has not begun
  let early: Buffer[] = []; // of standard error, meanwhile: the two come in any order

  function takeHead(chunk: Buffer): void {
    head = Buffer.concat([head ?? chunk.subarray(0, 0), chunk]);
    for (let end = head.indexOf(NEWLINE); end >= 0; end = head.indexOf(NEWLINE)) {
      const marker = MARKERS.find((known) => known === head?.toString('latin1', 0, end));
      const rest: Buffer = head.subarray(end + 1);
      head = rest;
      if (marker === 'READY') continue;
      use.onMarker(marker ?? 'nonsense');
      if (marker !== 'RUN') return;
      return begin(rest);
    }
    if (head.length > LONGEST_MARKER_BYTES) use.onMarker('nonsense');
  }

  function begin(rest: Buffer): void {
    head = null;
    for (const chunk of early.splice(0)) program.take('stderr', chunk);
    if (rest.length > 0) program.take('stdout', rest);
  }

  return {
    take(stream, chunk) {
      if (head === null) program.take(stream, chunk);
      else if (stream === 'stdout') takeHead(chunk);
      else if (Buffer.concat(early).length < LAST_WORDS) early = [...early, chunk];
    },
    finish(hasCrashed) {
      if (head === null) return program.finish(hasCrashed);
      return { truncated: [], lastWords: Buffer.concat(early).toString('utf8').slice(-LAST_WORDS) };
    },
  };
}

function programOutput({ outputBytes, crashReport, onOutput, onTooMuch }: OutputUse): ProcessOutput {
  const decoders = { stdout: newDecoder(), stderr: newDecoder() };
  const truncated = new Set<OutputStream>();
  let remainingBytes = outputBytes;
  let keptBack: string | null = null;
  let undecided = ''; // may be the beginning of what is kept back
  let lastWords = '';

  function show(stream: OutputStream, text: string): void {
    if (text === '') return;
    if (stream === 'stdout') return onOutput(stream, text);
    if (keptBack !== null) return void (keptBack += text);
    const lineBegun = /[^\n]$/.test(lastWords) ? ' ' : ''; // no report begins in the middle of a line
    const seen = lineBegun + undecided + text;
    const reportAt = crashReport ? seen.search(crashReport.begins) : -1;
    const end = reportAt >= 0 ? reportAt : decidedLength(seen);
    const shown = seen.slice(lineBegun.length, end);
    undecided = seen.slice(end);
    if (reportAt >= 0) [keptBack, undecided] = [undecided, ''];
    showError(shown);
  }

  function showError(text: string): void {
    lastWords = (lastWords + text).slice(-LAST_WORDS);
    if (text !== '') onOutput('stderr', text);
  }

  function decidedLength(seen: string): number {
    const from = Math.max(0, seen.length - LONGEST_BEGINNING);
    const at = crashReport ? seen.slice(from).search(crashReport.mayBegin) : -1;
    return at < 0 ? seen.length : from + at;
  }

  return {
    take(stream, chunk) {
      const kept = chunk.subarray(0, remainingBytes);
      remainingBytes -= kept.length;
      show(stream, decoders[stream].decode(kept, { stream: true }));
      if (kept.length === chunk.length) return;
      truncated.add(stream);
      onTooMuch();
    },
    finish(hasCrashed) {
      // What is left of a character that was cut off by us is no fault of the program's.
      for (const stream of ['stdout', 'stderr'] as const) if (!truncated.has(stream)) show(stream, decoders[stream].decode());
      showError(undecided);
      if (keptBack && !hasCrashed(lastWords)) onOutput('stderr', keptBack);
      return { truncated: [...truncated], lastWords };
    },
  };
}

/** What is no UTF-8 is replaced; a byte order mark is the program's own. */
function newDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { ignoreBOM: true });
}
