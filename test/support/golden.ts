/**
 * Golden exchanges: reads `fhir-fixtures/exchanges/<name>/` into an exchange and what must be
 * recorded of it. The files are the specification of the mapping; see their README.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import {
  describe as describeExchange,
  describeIntent,
  type Answer,
  type AnswerFacts,
  type Exchange,
  type ExchangeBeforeAnswer,
  type RecordContext,
  type RefusalReason,
  type UnreachableReason,
} from '../../audit/event/index.ts';
import type { Identity } from '../../smart/index.ts';

export const exchangesFolder = new URL('../../fhir-fixtures/exchanges/', import.meta.url);

/** A context with a fixed clock and counted ids. */
export function fixedContext(): RecordContext {
  let ids = 0;
  return {
    origin: 'chaperone.example.org/a/1',
    gatewayBase: 'https://chaperone.example.org/fhir',
    upstreamBase: 'https://ehr.example.org/fhir',
    softwareVersion: '0.1.0',
    clock: () => new Date('2026-12-01T09:30:00.250Z'),
    newId: () => `01JG${String(++ids).padStart(22, '0')}`,
  };
}

interface Message {
  readonly firstLine: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function parseMessage(text: string): Message {
  const end = text.indexOf('\n\n');
  const [firstLine = '', ...lines] = (end < 0 ? text.trimEnd() : text.slice(0, end)).split('\n');
  const headers = lines.map((line) => {
    const at = line.indexOf(':');
    return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()] as const;
  });
  return {
    firstLine,
    headers: Object.fromEntries(headers),
    body: end < 0 ? '' : text.slice(end + 2),
  };
}

function parseAnswerFacts(text: string): AnswerFacts {
  const { firstLine, headers, body } = parseMessage(text);
  const { 'content-type': mediaType = '', ...kept } = headers;
  const bytes = Buffer.from(body);
  const isJson = mediaType.includes('json');
  return {
    status: Number(firstLine.split(' ')[1]),
    headers: kept,
    bodyBytes: bytes.length,
    inspection:
      body === ''
        ? { kind: 'none' }
        : isJson
          ? { kind: 'json', json: JSON.parse(body) as unknown }
          : {
              kind: 'opaque',
              mediaType,
              bytes: bytes.length,
              digest: createHash('sha256').update(bytes).digest('base64'),
            },
  };
}

/** A response, or a line beginning with `#` that says why there is none; undefined for an intent. */
function parseAnswer(text: string): Answer | undefined {
  if (!text.startsWith('#')) return { kind: 'answered', ...parseAnswerFacts(text) };
  const end = text.indexOf('\n');
  const rest = text.slice(end + 1);
  const [kind, first = '', second = '', , withheld] = text.slice(2, end).split(' ');
  switch (kind ?? '') {
    case 'intent':
      return undefined;
    case 'refused':
      return {
        kind: 'refused',
        status: Number(first),
        reason: second as RefusalReason,
        ...(withheld === undefined
          ? {}
          : { withheld: { status: Number(withheld), headers: {}, bodyBytes: 0 } }),
      };
    case 'unreachable':
      return { kind: 'unreachable', status: 502, reason: first as UnreachableReason };
    case 'timed-out':
      return { kind: 'timed-out', status: 504 };
    case 'client-gone':
      return rest.trim() === ''
        ? { kind: 'client-gone' }
        : { kind: 'client-gone', upstream: parseAnswerFacts(rest) };
  }
  throw new Error(`not understood: ${text.slice(0, end)}`);
}

function parseRequest(text: string, identity: Identity): ExchangeBeforeAnswer {
  const { firstLine, headers, body } = parseMessage(text);
  const [method = '', target = ''] = firstLine.split(' ');
  const [before = '', query = ''] = target.split(/\?(.*)/s);
  const { 'x-request-id': correlationId, ...kept } = headers;
  const isPlaced = before === '/fhir' || before.startsWith('/fhir/');
  return {
    requestId: 'golden-request',
    ...(correlationId === undefined ? {} : { correlationId }),
    receivedAt: new Date('2026-12-01T09:30:00.100Z'),
    peer: { address: '192.0.2.7' },
    identity,
    request: {
      method,
      target,
      path: isPlaced ? before.slice('/fhir/'.length) : undefined,
      query,
      headers: kept,
      body: body === '' ? undefined : Buffer.from(body),
    },
  };
}

/** One golden exchange. `exchange.answer` is undefined for an intent. */
export interface Golden {
  readonly name: string;
  readonly before: ExchangeBeforeAnswer;
  readonly answer: Answer | undefined;
  readonly expected: readonly unknown[];
}

function readGolden(name: string): Golden {
  const read = (file: string): string =>
    readFileSync(new URL(`${name}/${file}`, exchangesFolder), 'utf8');
  return {
    name,
    before: parseRequest(read('request.http'), JSON.parse(read('identity.json')) as Identity),
    answer: parseAnswer(read('response.http')),
    expected: JSON.parse(read('audit-events.json')) as unknown[],
  };
}

/** All golden exchanges, by name. */
export function readGoldens(): readonly Golden[] {
  return readdirSync(exchangesFolder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => readGolden(entry.name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The whole exchange of a golden that has an answer. */
export function wholeExchange(golden: Golden): Exchange | undefined {
  const { before, answer } = golden;
  return answer === undefined
    ? undefined
    : { ...before, answer, endedAt: new Date('2026-12-01T09:30:00.200Z') };
}

/** What the mapping makes of a golden: events as parsed JSON. */
export function describeGolden(golden: Golden): readonly unknown[] {
  const whole = wholeExchange(golden);
  const context = fixedContext();
  const events =
    whole === undefined ? describeIntent(golden.before, context) : describeExchange(whole, context);
  return events.map((event) => JSON.parse(event.body) as unknown);
}
