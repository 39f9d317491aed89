/** Reads the arguments of one command, strictly: what is not understood is an error that says so. */
import { parseArgs } from 'node:util';
import { UsageError } from './exit-codes.ts';

/** What a command takes. */
export interface ArgumentSpec {
  /** Names of options with a value. */
  readonly values: readonly string[];
  /** Names of options without one. */
  readonly flags: readonly string[];
  /** How many arguments that are not options. */
  readonly positionals: { readonly least: number; readonly most: number };
  /** First line of the help, repeated in errors. */
  readonly usage: string;
}

/** Arguments as read. */
export interface Arguments {
  readonly positionals: readonly string[];
  value(name: string): string | undefined;
  flag(name: string): boolean;
}

/** @throws UsageError in one sentence, with the usage line. */
export function readArguments(args: readonly string[], spec: ArgumentSpec): Arguments {
  const options: Record<string, { type: 'string' | 'boolean' }> = {};
  for (const name of spec.values) options[name] = { type: 'string' };
  for (const name of [...spec.flags, 'help']) options[name] = { type: 'boolean' };
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(`${sentence(error)} Usage: ${spec.usage}`);
  }
  const { values, positionals } = parsed;
  const { least, most } = spec.positionals;
  if (values['help'] !== true && (positionals.length < least || positionals.length > most)) {
    const problem = positionals.length < least ? 'An argument is missing.' : 'Too many arguments.';
    throw new UsageError(`${problem} Usage: ${spec.usage}`);
  }
  return {
    positionals,
    value(name) {
      const value = values[name];
      return typeof value === 'string' ? value : undefined;
    },
    flag: (name) => values[name] === true,
  };
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const first = message.split('. ')[0] ?? message;
  return first.endsWith('.') ? first : `${first}.`;
}
