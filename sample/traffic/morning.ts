/** The morning of the clinic day: visits, each with one patient in context. */
import { batchOfReads, bloodPressure, note, prescription, temperature } from './resources.ts';
import { chartReview, portal, vitalsFor } from './cast.ts';
import type { Scene } from './scene.ts';

/** Dr Souza sees Zoë Nuñez: the chart in Vitals, page by page, a new blood pressure, a document. */
export const hypertensionVisit: Scene = {
  title: 'Dr Ana Souza sees Zoë Nuñez',
  async play({ player, signIn, at }) {
    const session = await signIn(vitalsFor('ana-souza', 'zoe'));
    await player.call({ session, path: 'Patient/zoe', expect: 200 });
    await player.pages(
      session,
      'Observation?patient=zoe&category=vital-signs&_sort=date&_count=25',
    );
    await player.pages(session, 'MedicationRequest?patient=zoe&status=active');
    const written = { patient: 'zoe', by: 'Practitioner/ana-souza', at: at('08:12') };
    const created = await player.call({
      session,
      method: 'POST',
      path: 'Observation',
      body: bloodPressure(written, 134, 86),
      expect: 201,
    });
    await player.call({ session, path: `Observation/${created.json?.id ?? ''}`, expect: 200 });
    await player.pages(session, 'DocumentReference?patient=zoe');
  },
};

/** Dr Mori reviews Tomáš Novák's heart at the workstation and changes his treatment. */
export const cardiologyVisit: Scene = {
  title: 'Dr Kenji Mori sees Tomáš Novák',
  async play({ player, signIn, at }) {
    const session = await signIn(chartReview('kenji-mori'));
    await player.pages(session, 'Patient?name=Nov%C3%A1k');
    await player.call({ session, path: 'Patient/tomas', expect: 200 });
    await player.pages(session, 'Condition?patient=tomas');
    await player.call({
      session,
      method: 'POST',
      path: 'Observation/_search',
      body: 'patient=tomas&category=laboratory&_count=20',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      expect: 200,
    });
    const written = { patient: 'tomas', by: 'Practitioner/kenji-mori', at: at('08:40') };
    const ordered = await player.call({
      session,
      method: 'POST',
      path: 'MedicationRequest',
      body: prescription(written, 'Bisoprolol 2.5 mg tablet', '1 tablet each morning'),
      expect: 201,
    });
    const id = ordered.json?.id ?? '';
    await player.call({
      session,
      method: 'PUT',
      path: `MedicationRequest/${id}`,
      body: { ...prescription(written, 'Bisoprolol 2.5 mg tablet', '½ tablet each morning'), id },
      expect: 200,
    });
    await player.call({
      session,
      method: 'POST',
      path: 'DocumentReference',
      body: note(written, 'Cardiology visit', 'Rate controlled. Bisoprolol, low dose.'),
      expect: 201,
    });
  },
};

/** Nurse Byrne goes from room to room; one value was typed for the wrong child and is taken back. */
export const nursingRound: Scene = {
  title: 'Aoife Byrne makes her round',
  async play({ player, signIn, at }) {
    for (const [patient, celsius] of [
      ['mei', 37.9],
      ['harold', undefined],
    ] as const) {
      const session = await signIn(vitalsFor('aoife-byrne', patient));
      await player.call({ session, path: `Patient/${patient}`, expect: 200 });
      if (celsius === undefined) continue;
      const written = { patient, by: 'Practitioner/aoife-byrne', at: at('09:05') };
      await player.call({
        session,
        method: 'POST',
        path: 'Observation',
        body: temperature(written, celsius),
        expect: 201,
      });
    }
    const session = await signIn(chartReview('aoife-byrne'));
    const wrong = await player.call({
      session,
      method: 'POST',
      path: 'Observation',
      body: temperature(
        { patient: 'ada-okafor', by: 'Practitioner/aoife-byrne', at: at('09:10') },
        39.9,
      ),
      expect: 201,
    });
    const path = `Observation/${wrong.json?.id ?? ''}`;
    await player.call({ session, method: 'DELETE', path, expect: 200 });
    await player.call({ session, path, expect: 410 });
  },
};

/** Dr Weber reads what is specially protected, and writes a note. */
export const behaviouralVisit: Scene = {
  title: 'Dr Lukas Weber sees Yusuf',
  async play({ player, signIn, at }) {
    const session = await signIn(chartReview('lukas-weber'));
    await player.call({
      session,
      method: 'POST',
      path: '',
      body: batchOfReads('Patient/yusuf', 'Condition?patient=yusuf', 'Encounter/enc-yusuf-today'),
      expect: 200,
    });
    await player.call({
      session,
      method: 'POST',
      path: 'DocumentReference',
      body: note(
        { patient: 'yusuf', by: 'Practitioner/lukas-weber', at: at('10:30') },
        'Session note',
        'Goes to the group twice a week.',
      ),
      expect: 201,
    });
  },
};

/** Zoë reads her own chart at home, and may not read another's. */
export const patientAtHome: Scene = {
  title: 'Zoë Nuñez looks at her own record',
  async play({ player, signIn }) {
    const session = await signIn(portal);
    const read = await player.call({ session, path: 'Patient/zoe', expect: 200 });
    const etag = read.headers.get('etag');
    if (etag !== null) {
      const headers = { 'if-none-match': etag };
      await player.call({ session, path: 'Patient/zoe', headers, expect: 304 });
    }
    await player.pages(session, 'Immunization?patient=zoe');
    await player.call({ session, path: 'Patient/ines', expect: 403 });
  },
};
