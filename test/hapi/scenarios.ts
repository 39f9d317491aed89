/**
 * What an app does with a FHIR server, one scenario per interaction. Each creates its own synthetic
 * resources under a tag of its own, so it can run against a server that others use too.
 */
import { fhirJson, idMade, idsMade } from './face.ts';
import type { Expected, Face } from './face.ts';
import type { Response } from './http.ts';

/** A named sequence of requests. */
export interface Scenario {
  readonly name: string;
  readonly run: (face: Face) => Promise<void>;
  /** Needs what our own HAPI server is set to; left out for a server given by hand. */
  readonly ownServerOnly?: true;
}

const identifierSystem = 'https://fhir-chaperone.org/fhir/test-identifier';

type Expectation = (response: Response) => Expected;

const expecting =
  (interaction: string | undefined, action: string | undefined, outcome = '0') =>
  (...patients: readonly string[]): Expectation =>
  () => ({ interaction, action, outcome, patients });

const read = expecting('read', 'R');
const create = expecting('create', 'C');
const update = expecting('update', 'U');
const unlisted = expecting(undefined, undefined);

/** A search: one event per patient that the answer speaks of, and those that were asked for. */
const search =
  (...asked: readonly string[]): Expectation =>
  (response) => ({
    interaction: 'search-type',
    action: 'E',
    outcome: '0',
    patients: [...new Set([...asked, ...patientsIn(response)])].sort(),
  });

function patientsIn(response: Response): readonly string[] {
  return (fhirJson(response).entry ?? []).flatMap(({ resource }) => {
    if (resource?.resourceType === 'Patient') return [resource.id ?? ''];
    const subject = /Patient\/([A-Za-z0-9.-]+)$/u.exec(resource?.subject?.reference ?? '');
    return subject === null ? [] : [subject[1] ?? ''];
  });
}

function patient(face: Face, key: string): object {
  return {
    resourceType: 'Patient',
    meta: face.meta,
    identifier: [{ system: identifierSystem, value: `${face.tag}-${key}` }],
    name: [{ family: 'Synthetic', given: [key] }],
    // Non-ASCII, a slash and a URL that is no reference: bytes that must pass unchanged.
    address: [{ city: 'Zürich', text: 'https://example.org/fhir2 – ünïcode ✓' }],
  };
}

function observation(face: Face, subject: string, value: number): object {
  return {
    resourceType: 'Observation',
    meta: face.meta,
    status: 'final',
    code: { coding: [{ system: 'http://loinc.org', code: '8867-4' }] },
    subject: { reference: subject },
    valueQuantity: { value, unit: '/min' },
  };
}

/** Creates a resource and returns its logical id. `about` is the patient, when it is known before. */
async function make(face: Face, resource: object, about?: string): Promise<string> {
  const type = (resource as { resourceType: string }).resourceType;
  const response = await face.call({
    step: `create ${type}`,
    method: 'POST',
    url: `/${type}`,
    body: resource,
    expected: (answer) => create(about ?? idMade(answer))(answer),
  });
  return idMade(response);
}

const criteria = (face: Face, key: string): string =>
  `identifier=${encodeURIComponent(`${identifierSystem}|${face.tag}-${key}`)}`;

async function capabilities(face: Face): Promise<void> {
  const expected = expecting('capabilities', 'R')();
  await face.call({ step: 'metadata', url: '/metadata', expected });
}

async function createAndRead(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  await face.call({ step: 'read', url: `/Patient/${id}`, expected: read(id) });
  await face.call({
    step: 'read, compressed',
    url: `/Patient/${id}`,
    headers: { 'Accept-Encoding': 'gzip' },
    expected: read(id),
  });
  await face.call({
    step: 'read, not modified',
    url: `/Patient/${id}`,
    headers: { 'If-None-Match': 'W/"1"' },
    expected: read(id),
  });
  await face.call({
    step: 'head',
    method: 'HEAD',
    url: `/Patient/${id}`,
    expected: read(id),
  });
  await face.call({
    step: 'create, minimal answer',
    method: 'POST',
    url: '/Patient',
    headers: { Prefer: 'return=minimal' },
    body: patient(face, 'b'),
    expected: (answer) => create(idMade(answer))(answer),
  });
}

async function aReferenceInAbsoluteForm(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  const absolute = `${face.base}/Patient/${id}`;
  const about = await make(face, observation(face, absolute, 60), id);
  await face.call({ step: 'read', url: `/Observation/${about}`, expected: read(id) });
  await face.call({
    step: 'search by absolute reference',
    url: `/Observation?subject=${encodeURIComponent(absolute)}`,
    expected: search(id),
  });
}

async function searchWithPagingToTheEnd(face: Face): Promise<void> {
  const first = await make(face, patient(face, 'a'));
  const second = await make(face, patient(face, 'b'));
  for (let n = 0; n < 7; n++) {
    const subject = n % 2 === 0 ? first : second;
    await make(face, observation(face, `Patient/${subject}`, 60 + n), subject);
  }
  let url: string | undefined = `/Observation?_tag=${face.tag}&_sort=value-quantity&_count=3`;
  let entries = 0;
  while (url !== undefined) {
    const page: Response = await face.call({ step: 'page', url, expected: search() });
    entries += fhirJson(page).entry?.length ?? 0;
    url = fhirJson(page).link?.find(({ relation }) => relation === 'next')?.url;
  }
  if (entries !== 7) throw new Error(`7 entries were created, ${String(entries)} were found`);
}

async function otherSearches(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  await make(face, observation(face, `Patient/${id}`, 60), id);
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  await face.call({
    step: 'search by POST',
    method: 'POST',
    url: '/Patient/_search',
    headers: form,
    body: criteria(face, 'a'),
    expected: search(id),
  });
  await face.call({
    step: 'search with include',
    url: `/Observation?_tag=${face.tag}&_include=Observation:subject`,
    expected: search(id),
  });
  await face.call({
    step: 'search that finds nothing',
    url: `/Patient?${criteria(face, 'nobody')}`,
    // It found nobody, but it tells whom somebody looked for.
    expected: search(`${identifierSystem}|${face.tag}-nobody`),
  });
}

async function updateAndVread(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  const changed = { ...patient(face, 'a'), id, gender: 'female' };
  const put = { method: 'PUT', url: `/Patient/${id}`, body: changed };
  await face.call({ ...put, step: 'update', expected: update(id) });
  await face.call({
    ...put,
    step: 'update of a stale version',
    headers: { 'If-Match': 'W/"1"' },
    expected: expecting('update', 'U', '8')(id),
  });
  for (const version of ['1', '2']) {
    await face.call({
      step: `vread ${version}`,
      url: `/Patient/${id}/_history/${version}`,
      expected: expecting('vread', 'R')(id),
    });
  }
}

async function updateAsCreate(face: Face): Promise<void> {
  const id = face.tag;
  const body = { ...patient(face, 'a'), id };
  await face.call({
    step: 'update as create',
    method: 'PUT',
    url: `/Patient/${id}`,
    body,
    expected: expecting('create', 'C')(id),
  });
}

async function conditionalCreate(face: Face): Promise<void> {
  const conditional = {
    method: 'POST',
    url: '/Patient',
    headers: { 'If-None-Exist': criteria(face, 'a') },
    body: patient(face, 'a'),
  };
  const made = await face.call({
    ...conditional,
    step: 'conditional create',
    expected: (answer) => create(idMade(answer))(answer),
  });
  await face.call({
    ...conditional,
    step: 'conditional create that matches',
    expected: create(idMade(made)),
  });
}

async function conditionalUpdate(face: Face): Promise<void> {
  const put = {
    method: 'PUT',
    url: `/Patient?${criteria(face, 'a')}`,
    body: patient(face, 'a'),
  };
  const made = await face.call({
    ...put,
    step: 'conditional update that creates',
    expected: (answer) => create(idMade(answer))(answer),
  });
  await face.call({
    ...put,
    step: 'conditional update that matches',
    body: { ...patient(face, 'a'), gender: 'male' },
    expected: update(idMade(made)),
  });
}

async function patch(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  const patch = {
    method: 'PATCH',
    url: `/Patient/${id}`,
    headers: { 'Content-Type': 'application/json-patch+json' },
  };
  await face.call({
    ...patch,
    step: 'patch',
    body: '[{"op":"add","path":"/gender","value":"other"}]',
    expected: expecting('patch', 'U')(id),
  });
  await face.call({
    ...patch,
    step: 'patch that cannot be applied',
    body: '[{"op":"remove","path":"/photo"}]',
    expected: expecting('patch', 'U', '8')(id),
  });
}

async function deletion(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  await face.call({
    step: 'delete',
    method: 'DELETE',
    url: `/Patient/${id}`,
    expected: expecting('delete', 'D')(id),
  });
  await face.call({
    step: 'read after delete',
    url: `/Patient/${id}`,
    expected: expecting('read', 'R', '8')(id),
  });
}

async function batch(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  await face.call({
    step: 'batch',
    method: 'POST',
    url: '',
    body: {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [
        { request: { method: 'GET', url: `Patient/${id}` } },
        {
          resource: observation(face, `${face.base}/Patient/${id}`, 61),
          request: { method: 'POST', url: 'Observation' },
        },
        { request: { method: 'GET', url: `Observation?_tag=${face.tag}` } },
      ],
    },
    expected: unlisted(id),
  });
}

async function transaction(face: Face): Promise<void> {
  await face.call({
    step: 'transaction',
    method: 'POST',
    url: '',
    body: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: [
        { resource: patient(face, 'a'), request: { method: 'POST', url: 'Patient' } },
        { resource: patient(face, 'b'), request: { method: 'POST', url: 'Patient' } },
      ],
    },
    expected: (answer) => unlisted(...idsMade(answer))(answer),
  });
}

async function historyAndAnOperation(face: Face): Promise<void> {
  const id = await make(face, patient(face, 'a'));
  await make(face, observation(face, `Patient/${id}`, 60), id);
  await face.call({
    step: 'history',
    url: `/Patient/${id}/_history`,
    expected: unlisted(id),
  });
  await face.call({
    step: 'everything',
    url: `/Patient/${id}/$everything?_count=1`,
    expected: unlisted(id),
  });
}

async function refusals(face: Face): Promise<void> {
  const nobody = `nobody-${face.tag}`;
  await face.call({
    step: 'read of what is not there',
    url: `/Patient/${nobody}`,
    expected: expecting('read', 'R', '8')(nobody),
  });
  await face.call({
    step: 'search by an unknown parameter',
    url: '/Patient?no-such-parameter=1',
    expected: expecting('search-type', 'E', '8')(),
  });
  await face.call({
    step: 'create of what is no resource',
    method: 'POST',
    url: '/Patient',
    headers: { 'Content-Type': 'application/fhir+json' },
    body: '{"resourceType":"Patient","birthDate":"not a date"}',
    expected: expecting('create', 'C', '8')(),
  });
}

/** Every scenario of the suite. */
export const scenarios: readonly Scenario[] = [
  { name: 'metadata', run: capabilities },
  { name: 'create and read', run: createAndRead },
  { name: 'a reference in absolute form', run: aReferenceInAbsoluteForm, ownServerOnly: true },
  { name: 'search with paging to the end', run: searchWithPagingToTheEnd },
  { name: 'other searches', run: otherSearches },
  { name: 'update and vread', run: updateAndVread },
  { name: 'update as create', run: updateAsCreate },
  { name: 'conditional create', run: conditionalCreate },
  { name: 'conditional update', run: conditionalUpdate },
  { name: 'patch', run: patch },
  { name: 'delete', run: deletion },
  { name: 'batch', run: batch },
  { name: 'transaction', run: transaction },
  { name: 'history and an operation', run: historyAndAnOperation },
  { name: 'what the server refuses', run: refusals },
];
