/** `chaperone search` against a review face that answers what the test says. */
import http from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { searchCommand } from '../../cli/search.ts';
import { UsageError } from '../../cli/exit-codes.ts';
import type { Terminal } from '../../cli/terminal.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Asked {
  readonly base: string;
  readonly asked: string[];
  readonly out: string[];
  readonly notes: string[];
  run(...args: string[]): Promise<number>;
}

type Answer = (url: string, base: string) => { status?: number; body: object };

async function reviewFace(answer: Answer): Promise<Asked> {
  const folder = mkdtempSync(path.join(tmpdir(), 'chaperone-search-'));
  closers.push(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const tokenFile = path.join(folder, 'reader.token');
  writeFileSync(tokenFile, 'a-reader\n');
  const asked: string[] = [];
  let base = '';
  const server = http.createServer((request, response) => {
    asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`);
    const { status = 200, body } = answer(request.url ?? '', base);
    response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/fhir`;
  const out: string[] = [];
  const notes: string[] = [];
  const terminal: Terminal = {
    out: (line) => void out.push(line),
    note: (line) => void notes.push(line),
    progress: () => undefined,
    endWhenUnread: () => undefined,
    paint: (_style, text) => text,
  };
  return {
    base,
    asked,
    out,
    notes,
    run: (...args) =>
      searchCommand([...args, '--review', base, '--token-file', tokenFile], terminal),
  };
}

const event = (id: string): object => ({
  resourceType: 'AuditEvent',
  id,
  type: { code: 'rest' },
  subtype: [{ code: 'read' }],
  recorded: '2026-11-25T10:00:00.000Z',
  outcome: '0',
  agent: [{ requestor: true, who: { display: 'Dr\u001b[31m Ana' } }],
  entity: [
    {
      type: { system: 'http://terminology.hl7.org/CodeSystem/audit-entity-type', code: '1' },
      what: { reference: 'Patient/zoe' },
    },
  ],
});
const page = (ids: readonly string[], next?: string): object => ({
  resourceType: 'Bundle',
  link: next === undefined ? [] : [{ relation: 'next', url: next }],
  entry: ids.map((id) => ({ resource: event(id) })),
});

describe('chaperone search', () => {
  it('asks page by page and gives one event a line', async () => {
    const face = await reviewFace((url, base) => ({
      body: url.includes('cursor') ? page(['3']) : page(['1', '2'], `${base}/AuditEvent?cursor=1`),
    }));
    expect(await face.run('patient=Patient/zoe', '--json')).toBe(0);
    expect(face.out.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([
      '1',
      '2',
      '3',
    ]);
    expect(face.asked).toEqual([
      '/fhir/AuditEvent?patient=Patient/zoe Bearer a-reader',
      '/fhir/AuditEvent?cursor=1 Bearer a-reader',
    ]);
  });

  it('shows people a table from which nothing reaches the terminal but text', async () => {
    const face = await reviewFace(() => ({ body: page(['1']) }));
    await face.run('AuditEvent?patient=Patient/zoe');
    expect(face.out).toHaveLength(2);
    expect(face.out[1]).toMatch(/^2026-11-25T10:00:00.000Z ok .*Patient\/zoe$/);
    expect(face.out.join('')).not.toContain('\u001b');
  });

  it('stops at the limit and says so', async () => {
    const face = await reviewFace(() => ({ body: page(['1', '2', '3']) }));
    expect(await face.run('--json', '--limit', '2')).toBe(0);
    expect(face.out).toHaveLength(2);
    expect(face.notes.join()).toContain('--limit');
  });

  it('shows a person 1000 rows and gives a program all', async () => {
    const many = Array.from({ length: 1005 }, (_, i) => String(i));
    const face = await reviewFace(() => ({ body: page(many) }));
    await face.run();
    expect(face.out).toHaveLength(1001);
    face.out.length = 0;
    await face.run('--json');
    expect(face.out).toHaveLength(1005);
  });

  it('does not follow a link to another server with its credential', async () => {
    const other = await reviewFace(() => ({ body: page([]) }));
    const face = await reviewFace(() => ({ body: page(['1'], `${other.base}/AuditEvent?x=1`) }));
    await expect(face.run('--json')).rejects.toThrow(UsageError);
    expect(other.asked).toEqual([]);
  });

  it('says in one sentence what the review face refused', async () => {
    const face = await reviewFace(() => ({
      status: 400,
      body: {
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'error', code: 'not-supported', diagnostics: 'No parameter "x".' }],
      },
    }));
    await expect(face.run('x=1')).rejects.toThrow('answered 400: No parameter "x".');
  });

  it.each([
    [['--limit', 'many'], '--limit takes a number'],
    [['a', 'b'], 'Too many arguments'],
    [['--nonsense'], 'Usage: chaperone search'],
  ])('refuses %j', async (args, sentence) => {
    const face = await reviewFace(() => ({ body: page([]) }));
    await expect(face.run(...args)).rejects.toThrow(sentence);
    expect(face.asked).toEqual([]);
  });
});
