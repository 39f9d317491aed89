/** `chaperone search`: asks the review face, so that the search is itself recorded. */
import { readFileSync } from 'node:fs';
import type { AuditEvent, Bundle, OperationOutcome } from '@medplum/fhirtypes';
import { readArguments } from './arguments.ts';
import { eventRow, rowHeader } from './event-row.ts';
import { exitCodes, UsageError, type ExitCode } from './exit-codes.ts';
import { searchHelp } from './help.ts';
import type { Terminal } from './terminal.ts';

const usage = 'chaperone search QUERY --review URL --token-file FILE [--json] [--limit N]';
/** Rows that a person is shown unless told otherwise; programs get all. */
const shownRows = 1000;

/** Runs `chaperone search`: newest first, page by page, one event a line. */
export async function searchCommand(
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const read = readArguments(args, {
    values: ['review', 'token-file', 'limit'],
    flags: ['json'],
    positionals: { least: 0, most: 1 },
    usage,
  });
  if (read.flag('help')) {
    terminal.out(searchHelp);
    return exitCodes.well;
  }
  terminal.endWhenUnread();
  const base = required(read.value('review'), '--review').replace(/\/$/, '');
  const token = readToken(required(read.value('token-file'), '--token-file'));
  const query = (read.positionals[0] ?? '').replace(/^AuditEvent(?:\?|$)/, '').replace(/^\?/, '');
  const limit = limitOf(read.value('limit'), read.flag('json') ? 0 : shownRows);
  let next: string | undefined = `${base}/AuditEvent${query === '' ? '' : `?${query}`}`;
  let shown = 0;
  while (next !== undefined) {
    const bundle = await page(next, token);
    for (const text of eventTexts(bundle)) {
      if (shown === 0 && !read.flag('json')) terminal.out(terminal.paint('bold', rowHeader));
      terminal.out(read.flag('json') ? text : eventRow(JSON.parse(text) as AuditEvent));
      shown += 1;
      if (shown === limit) {
        terminal.note(`Stopped after ${String(limit)} events; --limit N changes that.`);
        return exitCodes.well;
      }
    }
    next = bundle.link?.find((link) => link.relation === 'next')?.url;
    // The next page must be where the first was: the credential goes with it.
    if (next !== undefined && new URL(next).origin !== new URL(base).origin) {
      throw new UsageError(
        `The review face links to another origin than ${base}; check review.publicBaseUrl.`,
      );
    }
  }
  if (shown === 0 && !read.flag('json')) terminal.note('No event matches.');
  return exitCodes.well;
}

function required(value: string | undefined, name: string): string {
  if (value === undefined) throw new UsageError(`${name} is missing. Usage: ${usage}`);
  return value;
}

function limitOf(text: string | undefined, fallback: number): number {
  if (text !== undefined && !/^\d{1,9}$/.test(text)) {
    throw new UsageError('--limit takes a number, 0 for no limit.');
  }
  const limit = text === undefined ? fallback : Number(text);
  return limit === 0 ? Number.MAX_SAFE_INTEGER : limit;
}

function readToken(file: string): string {
  let token: string;
  try {
    token = readFileSync(file, 'utf8').trim();
  } catch {
    throw new UsageError(`The token file ${file} cannot be read.`);
  }
  if (!/^[\x21-\x7e]+$/.test(token))
    throw new UsageError(`${file} does not hold a reader's token.`);
  return token;
}

async function page(url: string, token: string): Promise<Bundle> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      headers: { authorization: `Bearer ${token}`, accept: 'application/fhir+json' },
      redirect: 'error',
    });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : '';
    throw new UsageError(
      `The review face does not answer at ${new URL(url).origin}. ${cause}`.trim(),
    );
  }
  const body = (await answer.json()) as Bundle | OperationOutcome;
  if (body.resourceType === 'Bundle') return body;
  const reason = body.issue.map((issue) => issue.diagnostics ?? issue.details?.text ?? issue.code);
  throw new UsageError(`The review face answered ${String(answer.status)}: ${reason.join(' ')}`);
}

/** The events as one line of JSON each; numbers in AuditEvents survive `JSON.parse` unharmed. */
function eventTexts(bundle: Bundle): string[] {
  return (bundle.entry ?? []).flatMap((entry) =>
    entry.resource === undefined ? [] : [JSON.stringify(entry.resource)],
  );
}
