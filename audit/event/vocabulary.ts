/**
 * The words of our own that the record uses, in one place: `docs/vocabulary.md` is written from it.
 * Codes may be added; none is ever renamed or given another meaning.
 */

/** Version of the shape of our records. Raised when a reader must treat them differently. */
export const schemaVersion = '1';

/** One code system: its canonical and its codes with their definitions. */
export interface CodeSystem {
  readonly url: string;
  readonly title: string;
  readonly where: string;
  readonly codes: Readonly<Record<string, string>>;
}

const base = 'https://fhir-chaperone.org/fhir';

const entityType = {
  url: `${base}/CodeSystem/entity-type`,
  title: 'Entity type',
  where: '`AuditEvent.entity.type` of the one extra entity that each of our records has.',
  codes: {
    'record-detail': 'What the record must hold and FHIR has no element for, as `detail[]`.',
  },
} as const satisfies CodeSystem;

const eventSubtype = {
  url: `${base}/CodeSystem/event-subtype`,
  title: 'Event subtype',
  where: '`AuditEvent.subtype`, beside the codes of FHIR, DICOM and IHE.',
  codes: {
    unrecognised:
      'An interaction whose mapping is not defined: batch, transaction, operation, history, ' +
      'conditional delete, or a request that is not FHIR.',
    refusals:
      'Requests of one peer that were refused for one reason without contact with the upstream, ' +
      'counted together because there were too many to record one by one.',
    'identity-resolved': 'Addendum: the identity of an earlier record became known later.',
    'not-delivered':
      'Addendum: the answer of an earlier record did not reach the client completely.',
    'recorded-late':
      'Addendum: an append timed out or found no room, and the client was answered 503; the earlier ' +
      'record was committed after that.',
    'client-gone': 'Addendum: the client left before the answer of an earlier record was released.',
    'authorization-request':
      'A browser came with the authorization request of an app and was sent on to the ' +
      'authorization server. Whether anybody signed in there is not known here.',
    'launch-relayed': 'The EHR launched an app, and the browser was sent on to the app.',
    'review-read': 'An access to the record itself by `AuditEvent/[id]`.',
    'review-search': 'An access to the record itself by a search.',
    'review-verify':
      'An integrity check of the live ledger, asked for on the review face; or a look at its progress.',
    'review-other': 'Any other request to the review face.',
  },
} as const satisfies CodeSystem;

const detail = {
  url: `${base}/CodeSystem/record-detail`,
  title: 'Record detail',
  where:
    '`AuditEvent.entity.detail.type` of the entity `record-detail`; the value is `valueString`.',
  codes: {
    schema: 'Version of the shape of the record.',
    'record-kind':
      '`event`, `intent` (written before a change was forwarded), `addendum`, `refusals`, ' +
      '`review`, or `minimal` (the mapping failed; see `mapping-fault`).',
    'software-version': 'Version of the gateway that wrote the record.',
    'request-line':
      'Method and request target as received; credentials removed, text made printable.',
    'http-status': 'Status that the client was given.',
    'upstream-status': 'Status that the upstream gave, where the client was not given it.',
    'identity-confidence':
      'How far the identity is to be believed: `verified-signature` (the signature, time and ' +
      'audience of the token were checked), `unverified-claims` (decoded, not checked), ' +
      '`unverified-accepted` and `unverified-rejected` (not checked; the upstream accepted or ' +
      'rejected the token), `invalid` (checked and found wrong), `opaque-unidentified` (the token ' +
      'says nothing), `anonymous` (no token).',
    'identity-reason': 'Why the identity is not verified, or is invalid.',
    'signature-issuer': 'Issuer whose key verified the signature.',
    'signature-algorithm': 'JOSE algorithm of the verified signature.',
    'signature-key': 'Key id of the verified signature.',
    'token-digest': 'Keyed digest of the access token, a URN: the same for each use of one token.',
    'token-scheme': 'Authorization scheme of an opaque credential.',
    'token-issued-at': 'Claimed time of issue of the token.',
    'token-expires-at': 'Claimed end of validity of the token.',
    'session-kind':
      'What evidence ties records into a session: `idp-session` (the sign-in), `grant` (one ' +
      'authorization of the app), `token` (one access token), `exchange` (nothing beyond this one).',
    session: 'The session, in the words of its kind.',
    scopes: 'Scopes of the token, in their order, separated by spaces.',
    'launch-patient': 'Logical id of the patient in the launch context of the token.',
    'launch-encounter': 'Logical id of the encounter in the launch context of the token.',
    'patient-found':
      'How the patient of this record is known, once for each way: `answer`, `url`, `parameter`, ' +
      '`request-body`, `launch-context`; or `none-known`.',
    'patient-count':
      'Number of records that this exchange has, one for each patient, when over one.',
    'data-category': 'Coarse class of the data touched, by resource type; see Data category.',
    'security-label': 'Security label of a touched resource, as `system|code`.',
    'correlation-id': '`X-Request-Id` that the client sent; ours is in the transaction entity.',
    'forwarded-chain': 'Forwarding headers as a trusted proxy sent them.',
    condition: 'Search criteria of a conditional create, update or patch, as received.',
    'if-match': '`If-Match` of a change.',
    'resolved-by-effect':
      'What an update turned out to be: `created`, or `matched` for a conditional create that created nothing.',
    operation: 'Name of the operation.',
    'refusal-reason':
      'Why the gateway answered by itself: a refusal (the codes are in `docs/errors.md`), or ' +
      '`preflight-answered` for a CORS preflight that it allowed. On the review face the code ' +
      'begins with `review-`; `review-answered` is its CapabilityStatement.',
    'unreachable-reason': 'Why no answer of the upstream could be had.',
    'uninspected-media-type': 'Media type of an answer that was released without being understood.',
    'uninspected-bytes': 'Size of that answer.',
    'uninspected-digest': 'SHA-256 of that answer, base64.',
    'request-body-bytes': 'Size of the body of a change; of a search where the query was cut.',
    'request-body-digest': 'SHA-256 of that body, base64. The body itself is not recorded.',
    'query-cut': 'Size of the request text of a search that was too long to be recorded whole.',
    'copy-age-seconds':
      'Age of the copy of the SMART configuration that was released because the upstream failed.',
    'requested-scopes': 'Scopes that an authorization request asks for, in their order.',
    audience:
      'Each `aud`, `resource` and `audience` of an authorization request, as received, when it is ' +
      'a URL; without userinfo, query and fragment.',
    'audience-swapped':
      'How many of those named the gateway itself and were replaced by the base of the upstream.',
    'redirect-uri': '`redirect_uri` of an authorization request, without query.',
    'launch-digest':
      'Keyed digest of the launch handle, a URN: the same at the launch and in the authorization ' +
      'request that follows.',
    'state-digest': 'Keyed digest of the `state` of an authorization request, a URN.',
    'code-challenge': '`code_challenge` of an authorization request, when it is a hash (S256).',
    'code-challenge-method': '`code_challenge_method`; `plain` when it was left out.',
    'authorization-server': 'Origin of the authorization endpoint that the browser was sent to.',
    'authorization-warning':
      '`signed-request` or `request-uri`: the audience may stand inside a signed request, which ' +
      'cannot be changed; `no-code-challenge`: asked for a code without PKCE.',
    'launch-app': 'Name of the app in the configuration.',
    'launch-issuer': '`iss` of a launch as received.',
    'launch-target': 'Launch URL of the app, without query.',
    'original-record': 'Id of a record that this addendum adds to.',
    'original-request-id': 'Request id of the exchange that this addendum adds to.',
    'bytes-released': 'Bytes of the answer that were handed to the client’s connection.',
    'bytes-total': 'Bytes of the whole answer.',
    'refusals-count': 'How many requests were refused.',
    'refusals-first-at': 'Instant of the first of them.',
    'refusals-last-at': 'Instant of the last of them.',
    'review-results': 'Number of events that the reader was given.',
    'verify-result': 'What an integrity check found, as the reader was told.',
    'mapping-fault': 'Why the full record could not be made: `threw`, or the check that failed.',
  },
} as const satisfies CodeSystem;

const dataCategories = {
  url: `${base}/CodeSystem/data-category`,
  title: 'Data category',
  where: 'Values of the detail `data-category`.',
  codes: {
    demographics: 'Who the patient is: Patient, RelatedPerson, Person, Group.',
    diagnoses: 'Conditions, impressions, risks, flags, adverse events.',
    allergies: 'Allergies and intolerances.',
    results: 'Observations, reports, images, specimens.',
    medications: 'Medication orders, statements, administrations.',
    procedures: 'Procedures and orders for services, nutrition, supplies.',
    immunizations: 'Immunizations, their evaluation and recommendation.',
    encounters: 'Encounters, episodes, appointments.',
    'care-plans': 'Care plans and teams, goals, tasks, lists.',
    documents: 'Documents, compositions, binary content.',
    'family-history': 'Family history.',
    questionnaires: 'Answers to questionnaires.',
    genomics: 'Molecular sequences.',
    consents: 'Consents and contracts.',
    billing: 'Accounts, coverage, claims.',
    communication: 'Messages about a patient.',
    research: 'Studies and their subjects.',
    devices: 'Devices and their use.',
    audit: 'Audit events and provenance in the EHR.',
    directory: 'Practitioners, organizations, locations.',
    definitions: 'Terminology, questionnaires, profiles and other definitions.',
    other: 'Any other resource type.',
  },
} as const satisfies CodeSystem;

/** Everything of our own vocabulary. */
export const vocabulary = { base, entityType, eventSubtype, detail, dataCategories } as const;

/** A code of the detail system. */
export type DetailCode = keyof typeof detail.codes;

/** A code of the subtype system. */
export type SubtypeCode = keyof typeof eventSubtype.codes;

/** `docs/vocabulary.md`, whole. */
export function vocabularyMarkdown(): string {
  const sections = [entityType, eventSubtype, detail, dataCategories].map((system: CodeSystem) =>
    [
      `## ${system.title}`,
      '',
      `\`${system.url}\``,
      '',
      system.where,
      '',
      '| code | meaning |',
      '| --- | --- |',
      ...Object.entries(system.codes).map(
        ([code, meaning]) => `| \`${code}\` | ${meaning.replaceAll('|', '\\|')} |`,
      ),
    ].join('\n'),
  );
  return `${[
    '# The words of the record',
    'The codes that Chaperone adds to those of FHIR, DICOM and IHE. This page is generated from ' +
      '`audit/event/vocabulary.ts`.',
    `Base of all canonicals: \`${base}\`. Version of the record’s shape: \`${schemaVersion}\`.`,
    ...sections,
  ].join('\n\n')}\n`;
}
