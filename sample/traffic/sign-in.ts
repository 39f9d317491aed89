/**
 * The three ways to a token on the clinic day: an EHR launch through the gateway's relay, a sign-in at
 * the app, both with the whole authorization code flow; and tokens that the server issues by itself.
 */
import type { SessionRequest } from './cast.ts';
import { signInWithCode } from './code-flow.ts';

/** What the day needs of the EHR. */
export interface TrafficEhr {
  /** FHIR base URL by which the EHR knows itself. */
  readonly fhirBaseUrl: string;
  /** Registers a launch; returns its opaque handle. */
  registerLaunch(context: {
    readonly account: string;
    readonly patient?: string;
    readonly encounter?: string;
  }): string;
  /** An access token without the pages of a sign-in. */
  issueToken(request: Omit<SessionRequest, 'way' | 'label'>): Promise<string>;
}

/** Where a sign-in takes place. */
export interface SignInPlace {
  /** FHIR base URL that the apps were given: the gateway's. */
  readonly baseUrl: string;
  readonly ehr: TrafficEhr;
  readonly redirectUris: Readonly<Record<string, string>>;
}

/** @returns The access token. @throws Error when the sign-in does not come to one. */
export async function tokenFor(request: SessionRequest, place: SignInPlace): Promise<string> {
  const { account = '', patient, encounter } = request;
  switch (request.way) {
    case 'issued':
      return place.ehr.issueToken(request);
    case 'standalone':
      return byCode(request, place.baseUrl, place, undefined);
    case 'ehr-launch': {
      const handle = place.ehr.registerLaunch({
        account,
        ...(patient === undefined ? {} : { patient }),
        ...(encounter === undefined ? {} : { encounter }),
      });
      const launched = await throughRelay(request.client, handle, place);
      return byCode(request, launched.iss, place, launched.launch);
    }
  }
}

async function byCode(
  { client, scope, account = '', patient = '' }: SessionRequest,
  baseUrl: string,
  { redirectUris }: SignInPlace,
  launch: string | undefined,
): Promise<string> {
  const redirectUri = redirectUris[client];
  if (redirectUri === undefined) throw new Error(`No redirect URI of ${client} is known.`);
  const answer = await signInWithCode({
    baseUrl,
    clientId: client,
    redirectUri,
    scope,
    ...(launch === undefined ? {} : { launch }),
    // The password of each account of the sample is its name.
    answers: { account, password: account, patient },
  });
  return answer.access_token;
}

/** What the app's launch page is called with, after the gateway passed the launch on. */
async function throughRelay(
  app: string,
  handle: string,
  { baseUrl, ehr }: SignInPlace,
): Promise<{ readonly iss: string; readonly launch: string }> {
  const asked = new URLSearchParams({ iss: ehr.fhirBaseUrl, launch: handle });
  const answer = await fetch(`${baseUrl}/launch/${app}?${asked.toString()}`, {
    redirect: 'manual',
  });
  const location = answer.headers.get('location');
  if (location === null) {
    throw new Error(`The launch of ${app} got ${String(answer.status)}.`);
  }
  const { searchParams } = new URL(location);
  return { iss: searchParams.get('iss') ?? '', launch: searchParams.get('launch') ?? '' };
}
