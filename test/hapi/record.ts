/**
 * What the review face says of one exchange: asked over HTTP as a privacy officer's tool would ask,
 * and read without any code of the gateway's.
 */
import type { GatewayProcess } from '../support/gateway-process.ts';
import { send } from './http.ts';

/** The parts of an AuditEvent that the suite judges. */
export interface Recorded {
  readonly interactions: readonly string[];
  readonly action: string | undefined;
  readonly outcome: string | undefined;
  /** Logical ids of the patients of this one event; `system|value` where there is no id. */
  readonly patients: readonly string[];
  readonly requestIds: readonly string[];
  /** The AuditEvent itself. */
  readonly json: unknown;
}

interface Coding {
  readonly system?: string;
  readonly code?: string;
}

interface Identifier {
  readonly system?: string;
  readonly value?: string;
}

interface AuditEventJson {
  readonly action?: string;
  readonly outcome?: string;
  readonly subtype?: readonly Coding[];
  readonly entity?: readonly {
    readonly type?: Coding;
    readonly role?: Coding;
    readonly what?: { readonly reference?: string; readonly identifier?: Identifier };
  }[];
}

const restful = 'http://hl7.org/fhir/restful-interaction';
const entityType = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const balpEntityType = 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType';

/** All AuditEvents of the exchange that was answered with this `X-Request-Id`. */
export async function recordedOf(
  gateway: Pick<GatewayProcess, 'reviewUrl' | 'readerToken'>,
  requestId: string,
): Promise<readonly Recorded[]> {
  const query = `entity.identifier=${encodeURIComponent(requestId)}&_count=100`;
  const response = await send({
    method: 'GET',
    url: `${gateway.reviewUrl}/AuditEvent?${query}`,
    headers: { Authorization: `Bearer ${gateway.readerToken}` },
    body: undefined,
  });
  const text = response.body.toString('utf8');
  if (response.status !== 200) throw new Error(`review face: ${String(response.status)} ${text}`);
  const bundle = JSON.parse(text) as { entry?: readonly { resource: AuditEventJson }[] };
  return (bundle.entry ?? []).map(({ resource }) => toRecorded(resource));
}

function toRecorded(json: AuditEventJson): Recorded {
  const entities = json.entity ?? [];
  return {
    interactions: (json.subtype ?? [])
      .filter(({ system }) => system === restful)
      .map(({ code }) => code ?? ''),
    action: json.action,
    outcome: json.outcome,
    patients: entities
      .filter(
        ({ type, role }) => type?.system === entityType && type.code === '1' && role?.code === '1',
      )
      .map(({ what }) => {
        const id = /Patient\/([A-Za-z0-9.-]+)/u.exec(what?.reference ?? '')?.[1];
        return id ?? `${what?.identifier?.system ?? ''}|${what?.identifier?.value ?? ''}`;
      }),
    requestIds: entities
      .filter(({ type }) => type?.system === balpEntityType && type.code === 'XrequestId')
      .map(({ what }) => what?.identifier?.value ?? ''),
    json,
  };
}
