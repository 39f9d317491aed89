/** The EHR's launcher, as a browser without scripts uses it. */
import request from 'supertest';
import express from 'express';
import { beforeEach, describe, expect, it } from 'vitest';
import type { LaunchContext } from '../../../sample/authorization/index.ts';
import { createLauncher, findPatients } from '../../../sample/index.ts';

const patients = [
  { id: 'old', name: 'Olga Ólafsdóttir', birthDate: '1950-01-02', mrn: 'S-2' },
  {
    id: 'zoe',
    name: 'Zoë Nuñez',
    birthDate: '1984-03-09',
    mrn: 'S-1001',
    encounter: 'enc-zoe-today',
  },
  { id: 'odd', name: '<b>"O\'Neill"</b> & son', birthDate: '1990-05-06', mrn: 'S-3' },
];
let launched: LaunchContext[] = [];
beforeEach(() => {
  launched = [];
});
const ehr = express().use(
  '/launcher',
  createLauncher({
    users: [
      { account: 'ana-souza', name: 'Dr Ana Souza' },
      { account: 'aoife-byrne', name: 'Aoife Byrne' },
    ],
    patients,
    app: { name: 'vitals', title: 'Vitals' },
    launchUrl: () => 'http://localhost:8080/fhir/launch/vitals',
    fhirBaseUrl: 'http://127.0.0.1:8070/fhir',
    origins: () => ['http://localhost:8080', 'http://127.0.0.1:8060'],
    registerLaunch: (context) => {
      launched.push(context);
      return 'opaque handle/1';
    },
  }),
);
const post = (form: object) => request(ehr).post('/launcher/launch').type('form').send(form);

describe('the launcher', () => {
  it('shows users and patients, those in the clinic today first', async () => {
    const { text, headers } = await request(ehr).get('/launcher').expect(200);
    expect(text).toContain('<option value="ana-souza">Dr Ana Souza</option>');
    expect(text.indexOf('Zoë Nuñez')).toBeLessThan(text.indexOf('Olga'));
    expect(text).toContain('3 patients');
    expect(headers['content-security-policy']).toContain(
      "form-action 'self' http://localhost:8080 http://127.0.0.1:8060",
    );
    await request(ehr).get('/launcher/launcher.css').expect(200);
  });

  it('writes names as text, whatever is in them', async () => {
    const { text } = await request(ehr).get('/launcher?q=%22%3E%3Cscript%3E').expect(200);
    expect(text).not.toContain('<script');
    expect(text).toContain('value="&quot;&gt;&lt;script&gt;"');
    const all = await request(ehr).get('/launcher');
    expect(all.text).toContain('&lt;b&gt;&quot;O&#39;Neill&quot;&lt;/b&gt; &amp; son');
  });

  it('finds by name without marks, by date and by number, and keeps the user', async () => {
    const { text } = await request(ehr).get('/launcher?account=aoife-byrne&q=nunez').expect(200);
    expect(text).toContain('One patient');
    expect(text).toContain('<option value="aoife-byrne" selected>');
    const found = (search: string): readonly string[] =>
      findPatients(patients, search).map((patient) => patient.id);
    expect([
      found('OLAF'),
      found('1984-03'),
      found('s-3'),
      found('zoe 1001'),
      found('zoe olga'),
    ]).toEqual([['old'], ['zoe'], ['odd'], ['zoe'], []]);
  });

  it('registers the context and leads to the address on file, with iss and launch', async () => {
    const answer = await post({ account: 'ana-souza', patient: 'zoe', q: '' }).expect(303);
    expect(answer.headers['location']).toBe(
      'http://localhost:8080/fhir/launch/vitals?iss=http%3A%2F%2F127.0.0.1%3A8070%2Ffhir&launch=opaque+handle%2F1',
    );
    expect(launched).toEqual([
      { account: 'ana-souza', patient: 'zoe', encounter: 'enc-zoe-today' },
    ]);
  });

  it('launches without an encounter when there is none today', async () => {
    await post({ account: 'ana-souza', patient: 'old' }).expect(303);
    expect(launched).toEqual([{ account: 'ana-souza', patient: 'old' }]);
  });

  it.each([
    ['an unknown user', { account: 'mallory', patient: 'zoe' }, 'Choose a user'],
    ['an unknown patient', { account: 'ana-souza', patient: 'nobody' }, 'Choose a patient'],
    ['nothing', {}, 'Choose a user'],
  ])('launches nothing for %s', async (_, form, sentence) => {
    const { text } = await post(form).expect(400);
    expect(text).toContain(sentence);
    expect(launched).toEqual([]);
  });
});
