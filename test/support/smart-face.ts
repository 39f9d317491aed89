/** An app face in front of an upstream that has SMART discovery, for the suites about SMART. */
import { gzipSync } from 'node:zlib';
import type { AuditEvent } from '@medplum/fhirtypes';
import { expect } from 'vitest';
import type { SmartOptions } from '../../gateway/index.ts';
import { createHandleDigest } from '../../smart/index.ts';
import { validateAuditEvent } from './balp/index.ts';
import {
  startLocalGateway,
  type LocalGateway,
  type LocalGatewaySettings,
} from './local-gateway.ts';
import { sendRaw, type RawAnswer } from './raw-client.ts';
import {
  answerText,
  startRecordingUpstream,
  type RecordingUpstream,
  type Script,
  type Step,
} from './recording-upstream.ts';

/** The digest of handles that such a gateway writes. */
export const handleDigest = createHandleDigest(new Uint8Array(32).fill(7), '1');

/** What the upstream gives for smart-configuration; a function may look at the base. */
export type Documents = Readonly<Record<string, readonly Step[] | undefined>>;

/** A running face. */
export interface SmartTestFace {
  readonly gateway: LocalGateway;
  readonly upstream: RecordingUpstream;
  /** `host:port` and base URL of the gateway. */
  readonly host: string;
  readonly base: string;
  /** Answers by path below `/fhir/`; all else is 404. Paths without an entry stay as they were. */
  serve(documents: Documents): void;
  /** Sends `GET path` or any other request line, and checks that what was recorded is valid. */
  send(line: string, headers?: readonly string[], body?: string): Promise<RawAnswer>;
  /** Events of the exchange that an answer belongs to. */
  eventOf(answer: RawAnswer): AuditEvent;
  stop(): Promise<void>;
}

/** A JSON document as an answer. */
export function jsonAnswer(value: unknown, headers: readonly string[] = []): readonly Step[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return [answerText('200 OK', ['Content-Type: application/json', ...headers], text)];
}

/** The same, compressed. */
export function gzipAnswer(text: string, headers: readonly string[] = []): readonly Step[] {
  const bytes = gzipSync(text);
  const head = ['HTTP/1.1 200 OK', 'Content-Type: application/json', 'Content-Encoding: gzip'];
  const all = [...head, ...headers, `Content-Length: ${String(bytes.length)}`].join('\r\n');
  return [`${all}\r\n\r\n`, bytes];
}

/** A status without a document. */
export function statusAnswer(status: string): readonly Step[] {
  return [answerText(status, ['Content-Type: text/plain'], 'no')];
}

/** What a test may change. */
export interface SmartFaceSettings {
  readonly smart?: Partial<SmartOptions> | ((upstream: string) => Partial<SmartOptions>);
  readonly gateway?: LocalGatewaySettings['gateway'];
  readonly wrapLedger?: LocalGatewaySettings['wrapLedger'];
}

/** Starts one. */
export async function startSmartFace(settings: SmartFaceSettings = {}): Promise<SmartTestFace> {
  const served = new Map<string, readonly Step[]>();
  const script: Script = ({ target }) => {
    const path = target.split('?')[0] ?? '';
    return served.get(path.replace('/fhir/', '')) ?? statusAnswer('404 Not Found');
  };
  const upstream = await startRecordingUpstream(script);
  const { smart = {} } = settings;
  const gateway = await startLocalGateway({
    upstream: upstream.base,
    limits: { refusalsPerPeerPerMinute: 100_000 },
    gateway: {
      ...settings.gateway,
      smart: {
        launches: [],
        handleDigest,
        ...(typeof smart === 'function' ? smart(upstream.base) : smart),
      },
    },
    ...(settings.wrapLedger === undefined ? {} : { wrapLedger: settings.wrapLedger }),
  });
  const host = `127.0.0.1:${String(gateway.port)}`;
  const eventOf = (answer: RawAnswer): AuditEvent => {
    const [event, ...rest] = gateway.eventsOf(answer.headers['x-request-id'] ?? '');
    if (event === undefined) throw new Error('the answer has no record');
    expect(rest, 'one exchange, one event').toEqual([]);
    expect(validateAuditEvent(event), 'the event is valid').toEqual([]);
    return event;
  };
  return {
    gateway,
    upstream,
    host,
    base: gateway.publicBaseUrl,
    serve(documents) {
      for (const [path, steps] of Object.entries(documents)) {
        if (steps === undefined) served.delete(path);
        else served.set(path, steps);
      }
    },
    async send(line, headers = [], body = '') {
      const length =
        body === '' ? [] : [`Content-Length: ${String(Buffer.byteLength(body, 'latin1'))}`];
      const own = headers.some((header) => header.startsWith('Host:')) ? [] : [`Host: ${host}`];
      const head = [`${line} HTTP/1.1`, ...own, ...headers, ...length, 'Connection: close'];
      const { answers } = await sendRaw({
        port: gateway.port,
        steps: [Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`, 'latin1')],
        answers: 1,
        methods: [line.split(' ')[0] ?? ''],
      });
      const [answer] = answers;
      if (answer === undefined) throw new Error('no answer');
      eventOf(answer);
      return answer;
    },
    eventOf,
    async stop() {
      await gateway.stop();
      await upstream.close();
    },
  };
}
