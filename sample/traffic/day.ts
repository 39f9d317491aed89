/**
 * A simulated day of the clinic, played through the gateway in seconds: the same requests in the same
 * order every time. Nothing is random, and no request is sent before the answer of the one before.
 */
import { clientNames, type SessionRequest } from './cast.ts';
import { curiosity, outOfContext, population, strangers } from './afternoon.ts';
import {
  behaviouralVisit,
  cardiologyVisit,
  hypertensionVisit,
  nursingRound,
  patientAtHome,
} from './morning.ts';
import { tokenFor, type TrafficEhr } from './sign-in.ts';
import { createPlayer, type TrafficSession } from './player.ts';
import type { Scene } from './scene.ts';

/** What the day needs. */
export interface ClinicDayOptions {
  /** FHIR base URL to send to: the gateway's. */
  readonly baseUrl: string;
  /** The EHR behind the gateway. */
  readonly ehr: TrafficEhr;
  /** Where the authorization server sends the browser back to, by client: at least `vitals`. */
  readonly redirectUris: Readonly<Record<string, string>>;
  /** Told before each scene. */
  readonly tell: (title: string) => void;
  /** Waits; passed in so that nothing here reads a clock. */
  readonly wait: (ms: number) => Promise<void>;
}

/** What was played. */
export interface ClinicDay {
  readonly scenes: number;
  readonly requests: number;
  readonly signIns: number;
}

const scenes: readonly Scene[] = [
  hypertensionVisit,
  cardiologyVisit,
  nursingRound,
  behaviouralVisit,
  patientAtHome,
  curiosity,
  outOfContext,
  strangers,
  population,
];

/** Registered by default for the app that does not run in the sample: nobody listens there. */
const ofOtherApps = {
  'patient-portal': 'https://patient-portal.sample-ehr.example.org/callback',
};

/** Plays the day once. @throws Error when an answer is not the expected one. */
export async function playClinicDay(options: ClinicDayOptions): Promise<ClinicDay> {
  const player = createPlayer(options.baseUrl);
  const place = { ...options, redirectUris: { ...ofOtherApps, ...options.redirectUris } };
  let signIns = 0;
  const signIn = async (request: SessionRequest): Promise<TrafficSession> => {
    signIns += 1;
    return {
      label: request.label,
      token: await tokenFor(request, place),
      app: `${(clientNames[request.client] ?? request.client).replaceAll(' ', '')}/1.0`,
    };
  };
  for (const scene of scenes) {
    options.tell(scene.title);
    await scene.play({
      player,
      signIn,
      async expired(request) {
        const session = await signIn({ ...request, ttlSeconds: 1 });
        await options.wait(1100);
        return session;
      },
      at: (clock) => `2026-11-25T${clock}:00.000Z`,
    });
  }
  return { scenes: scenes.length, requests: player.count, signIns };
}
