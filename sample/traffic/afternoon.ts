/** The afternoon: what a privacy officer will want to look at, and a backend service. */
import { backend, chartReview, vitalsFor } from './cast.ts';
import type { Scene } from './scene.ts';

/** A nurse opens the chart of a well-known patient who is not in her care. Nothing stops her. */
export const curiosity: Scene = {
  title: 'Aoife Byrne opens the chart of Inês Vasconcelos',
  async play({ player, signIn }) {
    const session = await signIn(chartReview('aoife-byrne'));
    await player.pages(session, 'Patient?name=Vasconcelos');
    await player.call({ session, path: 'Patient/ines', expect: 200 });
    await player.pages(session, 'Condition?patient=ines');
    await player.pages(session, 'DocumentReference?patient=ines');
  },
};

/** An app with one patient in context asks for another one, and for more than it was granted. */
export const outOfContext: Scene = {
  title: 'Vitals asks for more than it may',
  async play({ player, signIn }) {
    const session = await signIn(vitalsFor('kenji-mori', 'zoe'));
    await player.call({ session, path: 'Patient/zoe', expect: 200 });
    await player.call({ session, path: 'Patient/ines', expect: 403 });
    await player.call({ session, path: 'Observation?patient=ines', expect: 403 });
    await player.call({ session, path: 'Condition?patient=zoe', expect: 403 });
    const narrow = await signIn(chartReview('lukas-weber', 'openid fhirUser user/Patient.r'));
    await player.call({ session: narrow, path: 'Condition?patient=mei', expect: 403 });
  },
};

/** Tokens that are not, are no longer, or never were. */
export const strangers: Scene = {
  title: 'Requests without a valid token',
  async play({ player, signIn, expired }) {
    const nobody = { label: 'nobody', token: undefined, app: 'curl/8.5.0' };
    await player.call({ session: nobody, path: 'Patient/zoe', expect: 401 });
    const forged = {
      label: 'a forged token',
      token: 'not-a-token-of-this-clinic',
      app: 'curl/8.5.0',
    };
    await player.call({ session: forged, path: 'Patient?name=Okafor', expect: 401 });
    const late = await expired(chartReview('ana-souza'));
    await player.call({ session: late, path: 'Patient/chidi-okafor', expect: 401 });
    const session = await signIn(chartReview('ana-souza'));
    await player.call({ session, path: 'Patient/no-such-patient', expect: 404 });
    const headers = { accept: 'application/fhir+xml' };
    await player.call({ session, path: 'Patient/chidi-okafor', headers, expect: 406 });
    await player.call({ session: nobody, path: 'metadata', expect: 200 });
  },
};

/** A service without a user reads a whole population, page after page. */
export const population: Scene = {
  title: 'Population Health reads the hypertension group',
  async play({ player, signIn }) {
    const session = await signIn(backend);
    const group = await player.call({ session, path: 'Group/hypertension', expect: 200 });
    const members = (group.json?.['member'] ?? []) as readonly {
      readonly entity: { readonly reference: string };
    }[];
    for (const member of members) {
      const id = member.entity.reference.split('/').at(-1) ?? '';
      await player.pages(session, `Observation?patient=${id}&code=85354-9&_count=20`);
    }
    await player.pages(session, 'Patient?_count=20');
  },
};
