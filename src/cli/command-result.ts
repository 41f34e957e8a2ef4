import type { ExportCommand, VerifyCommand } from './audit-commands.js';
import type { RotateSecretsCommand } from './secret-commands.js';

/** What a command says, and the exit code that it ends with. */
export interface CommandResult {
  output: string;
  exitCode: 0 | 1;
  /** What to ask for next: a command whose answer would be long gives it in parts. */
  next?: ExportCommand | VerifyCommand | RotateSecretsCommand;
  /** How far it has come, for who waits. */
  progress?: { done: number; total: number };
}

/** The result of a command that was done. */
export function said(output: string): CommandResult {
  return { output, exitCode: 0 };
}

/** The result of a command that was refused. */
export function complained(why: string): CommandResult {
  return { output: `error: ${why}\n`, exitCode: 1 };
}

/** Columns as wide as their widest cell. Control characters, which could steer a terminal, become question marks. */
export function table(rows: string[][]): string {
  const clean = rows.map((row) => row.map((cell) => cell.replace(/\p{C}/gu, '?')));
  const widths = (clean[0] ?? []).map((_, column) => Math.max(...clean.map((row) => row[column]?.length ?? 0)));
  return clean
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
