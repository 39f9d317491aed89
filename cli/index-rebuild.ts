/** `chaperone index rebuild`: builds the search index of a ledger anew. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { holdLedger, listOrigins } from '../audit/ledger/index.ts';
import { indexFileName, rebuildIndex, type RebuildProgress } from '../audit/search/index.ts';
import { loadConfig } from '../config/index.ts';
import { readArguments, type Arguments } from './arguments.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { indexHelp } from './help.ts';
import { readKey } from './keys.ts';
import type { Terminal } from './terminal.ts';

const usage = 'chaperone index rebuild --config FILE | DIR … --key FILE';

/** What is to be rebuilt. */
interface Place {
  /** `audit.directory`. */
  readonly directory: string;
  /** `audit.origin`. */
  readonly origin: string;
  readonly key: Uint8Array;
}

/** Runs `chaperone index`. @throws LedgerFault `LEDGER_LOCKED` while a gateway has the ledger. */
export function indexCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['config', 'key'],
    flags: ['json'],
    positionals: { least: 1, most: 100 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(indexHelp);
    return Promise.resolve(exitCodes.well);
  }
  for (const place of placesOf(read)) rebuild(place, read.flag('json'), terminal);
  return Promise.resolve(exitCodes.well);
}

function placesOf(read: Arguments): readonly Place[] {
  const [verb, ...directories] = read.positionals;
  if (verb !== 'rebuild') throw new UsageError(`Say what to do. Usage: ${usage}`);
  const file = read.value('config');
  const keyFile = read.value('key');
  if (file !== undefined) {
    if (directories.length > 0 || keyFile !== undefined) {
      throw new UsageError(`--config names ledger and key already. Usage: ${usage}`);
    }
    const { audit, keys } = loadConfig(file);
    const key = readKey(path.join(keys.directory, 'index.key'));
    return [{ directory: audit.directory, origin: audit.origin, key }];
  }
  if (directories.length === 0 || keyFile === undefined) {
    throw new UsageError(`Say either --config FILE, or DIR and --key FILE. Usage: ${usage}`);
  }
  const key = readKey(keyFile);
  return directories.map((directory) => ({ directory, origin: onlyOrigin(directory), key }));
}

function onlyOrigin(directory: string): string {
  if (!existsSync(directory)) throw new UsageError(`${directory}: there is no such folder.`);
  const [origin, ...more] = listOrigins(directory);
  if (origin === undefined)
    throw new UsageError(`${directory}: there is no ledger in this folder.`);
  if (more.length === 0) return origin;
  // They share the folder, and the index file in it is that of the gateway's own origin.
  throw new UsageError(`${directory} holds ledgers of several origins: use --config FILE.`);
}

function rebuild({ directory, origin, key }: Place, asJson: boolean, terminal: Terminal): void {
  const held = holdLedger(directory, origin);
  try {
    const file = path.join(directory, indexFileName);
    const startedMs = performance.now();
    const result = rebuildIndex({
      ledgerDirectory: held.directory,
      origin: held.origin,
      file,
      key,
      onProgress: (progress) => {
        terminal.progress(progressText(progress, (performance.now() - startedMs) / 1000));
      },
    });
    const seconds = Math.round((performance.now() - startedMs) / 10) / 100;
    const bytes = statSync(file).size;
    if (asJson) {
      terminal.out(JSON.stringify({ origin: held.origin, ...result, bytes, seconds }));
      return;
    }
    const rate = Math.round(result.leaves / Math.max(seconds, 0.01));
    terminal.out(`${terminal.paint('green', 'rebuilt')}  ${file}`);
    terminal.out(`events    ${count(result.events)} of ${count(result.leaves)} leaves`);
    terminal.out(`took      ${String(seconds)} s, ${count(rate)} leaves a second`);
    terminal.out(`size      ${count(bytes)} bytes`);
    if (result.unreadable > 0) {
      terminal.note(
        `${count(result.unreadable)} records are no AuditEvents and cannot be searched.`,
      );
    }
  } finally {
    held.release();
  }
}

/** One line for a person. */
export function progressText({ step, leaves, size }: RebuildProgress, seconds: number): string {
  if (step === 'compacting') return `indexed ${count(leaves)} leaves; compacting …`;
  const rate = leaves / Math.max(seconds, 0.001);
  const percent = size === 0 ? 100 : Math.floor((100 * leaves) / size);
  const leftSeconds = Math.ceil((size - leaves) / Math.max(rate, 1));
  const left =
    leftSeconds < 120 ? `${String(leftSeconds)} s` : `${String(Math.ceil(leftSeconds / 60))} min`;
  return `indexed ${count(leaves)} of ${count(size)} leaves (${String(percent)} %), ${count(Math.round(rate))}/s, ${left} left`;
}

function count(value: number): string {
  return value.toLocaleString('en');
}
