/** What the sample app refuses: launches by strangers, documents elsewhere; and how it says so. */
import { describe, expect, it } from 'vitest';
import { pageModule } from './page-module.ts';

const { launchRequest, scopeFor } = await pageModule<{
  readonly launchRequest: (
    query: URLSearchParams,
    settings: object,
  ) => { kind: string; reason?: string };
  readonly scopeFor: (launch: { isEhrLaunch: boolean; readOnly: boolean }) => string;
}>('launch-request');
const { outcomeText, problemText } = await pageModule<{
  readonly outcomeText: (outcome: unknown) => string | undefined;
  readonly problemText: (error: unknown) => string;
}>('problem');
const { withinServer } = await pageModule<{
  readonly withinServer: (url: string, base: string) => string | undefined;
}>('documents');

const gateway = 'http://localhost:8080/fhir';
const settings = { fhirBaseUrl: gateway, allowedIssuers: [gateway], clientId: 'vitals' };
const asked = (query: string): { kind: string } =>
  launchRequest(new URLSearchParams(query), settings);

describe('a launch', () => {
  it('by the allowed server goes there', () => {
    expect(asked(`iss=${encodeURIComponent(gateway)}&launch=x`)).toEqual({
      kind: 'launch',
      iss: gateway,
      launch: 'x',
      readOnly: false,
    });
  });

  it('without a server goes to the one of the settings', () => {
    expect(asked('access=read')).toEqual({
      kind: 'launch',
      iss: gateway,
      launch: undefined,
      readOnly: true,
    });
  });

  it.each([
    ['another server', 'iss=https%3A%2F%2Fevil.example%2Ffhir&launch=x'],
    ['a server that begins alike', `iss=${encodeURIComponent(`${gateway}/../evil`)}`],
    ['two servers', `iss=${encodeURIComponent(gateway)}&iss=https%3A%2F%2Fevil.example`],
    ['an open server', `fhirServiceUrl=https%3A%2F%2Fevil.example`],
    ['another client', 'clientId=other'],
    ['a patient', 'patientId=ines'],
    ['an empty server', 'iss='],
  ])('with %s is refused', (_, query) => {
    expect(asked(query)).toMatchObject({ kind: 'refused' });
  });

  it('asks for no more than it was told to', () => {
    const scope = scopeFor({ isEhrLaunch: false, readOnly: true });
    expect(scope).toContain('launch/patient ');
    expect(scope).toContain('patient/Observation.rs');
    expect(scopeFor({ isEhrLaunch: true, readOnly: false }).split(' ')).toEqual(
      expect.arrayContaining(['launch', 'patient/Observation.crs']),
    );
  });
});

describe('a document', () => {
  it.each([
    ['Binary/note-1', `${gateway}/Binary/note-1`],
    [`${gateway}/Binary/note-1`, `${gateway}/Binary/note-1`],
    ['http://127.0.0.1:8070/fhir/Binary/note-1', undefined],
    ['http://localhost:8080/fhirx/Binary/1', undefined],
    ['../other/1', undefined],
    ['//evil.example/fhir/Binary/1', undefined],
    ['javascript:alert(1)', undefined],
  ])('at %s', (url, expected) => {
    expect(withinServer(url, gateway)).toBe(expected);
  });
});

describe('a problem in words', () => {
  const failed = (status: number, body = ''): Error =>
    Object.assign(new Error(`${String(status)} Text\nURL: ${gateway}/Patient/ines${body}`), {
      status,
    });
  const outcome = { resourceType: 'OperationOutcome', issue: [{ diagnostics: 'Not in context.' }] };

  it('is what the OperationOutcome says', () => {
    const body = `\n\n${JSON.stringify(outcome, null, 4)}`;
    expect(problemText(failed(403, body))).toBe('Not allowed: Not in context.');
    expect(problemText(failed(404, body))).toBe('Not in context.');
  });

  it('never holds an address or a body', () => {
    const texts = [
      problemText(failed(403)),
      problemText(failed(418, '\n\n{"x":1}')),
      problemText(failed(500, '\n\n{"cut')),
      problemText(new TypeError('Failed to fetch')),
      problemText('text'),
    ];
    expect(texts.join(' ')).not.toMatch(/http|\{|Failed/);
    expect(texts.every((text) => text.endsWith('.'))).toBe(true);
  });

  it('is not read from what is no OperationOutcome', () => {
    for (const wrong of [
      null,
      'x',
      {},
      { ...outcome, issue: 'x' },
      { ...outcome, resourceType: 'Patient' },
      { ...outcome, issue: [null] },
    ]) {
      expect(outcomeText(wrong)).toBeUndefined();
    }
  });
});
