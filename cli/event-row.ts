/** One AuditEvent as one line of a table for people. */
import type { AuditEvent, AuditEventEntity } from '@medplum/fhirtypes';

const widths = [24, 7, 26, 20, 12, 28, 18] as const;

/** The head of the table. */
export const rowHeader = line([
  'RECORDED',
  'OUTCOME',
  'WHO',
  'WITH',
  'WHAT',
  'RESOURCE',
  'PATIENT',
]);

const outcomes: Readonly<Record<string, string>> = {
  '0': 'ok',
  '4': 'partial',
  '8': 'refused',
  '12': 'failed',
};

/** One line, columns cut to their width; control characters cannot reach the terminal. */
export function eventRow(event: AuditEvent): string {
  const user = event.agent.find((agent) => agent.requestor);
  const client = event.agent.find((agent) => !agent.requestor && hasCode(agent.type, '110150'));
  return line([
    event.recorded,
    outcomes[event.outcome ?? ''] ?? '',
    nameOf(user?.who) ?? user?.name ?? '-',
    nameOf(client?.who) ?? '-',
    event.subtype?.[0]?.code ?? event.type.code ?? '',
    referenceOf(event, '2') ?? queryOf(event) ?? '-',
    referenceOf(event, '1') ?? '-',
  ]);
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => {
      const width = widths[i] ?? 20;
      const clean = cell.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ');
      return clean.length > width ? `${clean.slice(0, width - 1)}…` : clean.padEnd(width);
    })
    .join(' ')
    .trimEnd();
}

function nameOf(
  who: { display?: string; reference?: string; identifier?: { value?: string } } | undefined,
): string | undefined {
  return who?.display ?? who?.reference ?? who?.identifier?.value;
}

function hasCode(concept: AuditEvent['agent'][number]['type'], code: string): boolean {
  return concept?.coding?.some((coding) => coding.code === code) ?? false;
}

function entityOf(event: AuditEvent, code: string): AuditEventEntity | undefined {
  return event.entity?.find(
    (entity) =>
      entity.type?.code === code && entity.type.system?.endsWith('audit-entity-type') === true,
  );
}

function referenceOf(event: AuditEvent, code: string): string | undefined {
  const what = entityOf(event, code)?.what;
  return what?.reference ?? what?.identifier?.value ?? what?.display;
}

/** The first line of the request, as received. */
function queryOf(event: AuditEvent): string | undefined {
  const query = entityOf(event, '2')?.query;
  if (query === undefined) return undefined;
  const [first = ''] = Buffer.from(query, 'base64').toString('utf8').split('\n');
  return first.split(' ')[1] ?? first;
}
