/**
 * Signs in as an app and its user do: discovery, authorization code with PKCE, the pages of the
 * authorization server filled in by hand, the token request. All of it against the base that the app
 * was given, so the way through the gateway's authorize redirect is the one that apps take.
 *
 * Spec: SMART App Launch 2.2; RFC 7636 (PKCE).
 */
import { createHash, randomBytes } from 'node:crypto';
import { createBrowser, formsOf, linkTo, type Browser, type Form, type Page } from './browser.ts';

/** Who signs in, with what. */
export interface CodeFlow {
  /** FHIR base URL that the app was given. */
  readonly baseUrl: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  /** Opaque handle of an EHR launch. */
  readonly launch?: string;
  /** What the user types or presses, by the name of the field or button. */
  readonly answers: Readonly<Record<string, string>>;
}

/** The token response, as far as apps need it. */
export interface TokenResponse {
  readonly access_token: string;
  readonly refresh_token?: string;
  readonly scope?: string;
  readonly patient?: string;
  readonly encounter?: string;
}

interface Endpoints {
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
}

const maxPages = 8;

/** Runs the flow to its end. @throws Error that says where it stopped; holds no credential. */
export async function signInWithCode(flow: CodeFlow): Promise<TokenResponse> {
  const found = await fetch(`${flow.baseUrl}/.well-known/smart-configuration`);
  const endpoints = (await found.json()) as Endpoints;
  const verifier = randomBytes(48).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const asked = new URLSearchParams({
    response_type: 'code',
    client_id: flow.clientId,
    scope: flow.scope,
    redirect_uri: flow.redirectUri,
    aud: flow.baseUrl,
    state,
    ...(flow.launch === undefined ? {} : { launch: flow.launch }),
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  const address = `${endpoints.authorization_endpoint}?${asked.toString()}`;
  const end = new URL(await throughPages(createBrowser(), address, flow));
  const code = end.searchParams.get('code');
  if (code === null || end.searchParams.get('state') !== state) {
    const error = end.searchParams.get('error') ?? 'no code';
    throw new Error(`The sign-in of ${flow.clientId} was refused: ${error}.`);
  }
  const answer = await fetch(endpoints.token_endpoint, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: flow.redirectUri,
      client_id: flow.clientId,
      code_verifier: verifier,
    }),
  });
  if (!answer.ok) {
    throw new Error(`The token request of ${flow.clientId} got ${String(answer.status)}.`);
  }
  return (await answer.json()) as TokenResponse;
}

/** Fills in page after page until the browser is sent back to the app. */
async function throughPages(browser: Browser, address: string, flow: CodeFlow): Promise<string> {
  let page = await browser.open(address, flow.redirectUri);
  for (let count = 0; count < maxPages; count += 1) {
    if (page.url.startsWith(flow.redirectUri)) return page.url;
    const link = linkTo(page, `patient=${encodeURIComponent(flow.answers['patient'] ?? '')}`);
    if (link !== undefined) {
      page = await browser.open(link, flow.redirectUri);
      continue;
    }
    const step = nextStep(page, flow.answers);
    if (step === undefined) {
      const { origin, pathname } = new URL(page.url);
      throw new Error(
        `The sign-in of ${flow.clientId} stopped at ${origin}${pathname.replace(/[^/]{20,}/g, '…')} (${String(page.status)}).`,
      );
    }
    page = await browser.submit(step.form, step.answers, flow.redirectUri);
  }
  throw new Error(`The sign-in of ${flow.clientId} has more than ${String(maxPages)} pages.`);
}

interface Step {
  readonly form: Form;
  readonly answers: Readonly<Record<string, string>>;
}

/** The first form that the answers fit; of its buttons the one that they name, else the first. */
function nextStep(page: Page, answers: Readonly<Record<string, string>>): Step | undefined {
  for (const form of formsOf(page)) {
    const wanted = form.buttons.find(([name, value]) => answers[name] === value);
    const isChoice = form.buttons.some(([name]) => name in answers);
    if (isChoice && wanted === undefined) continue;
    const [name, value] = wanted ?? form.buttons[0] ?? [];
    const typed = Object.fromEntries(
      Object.entries(answers).filter(([field]) => form.inputs.includes(field)),
    );
    return { form, answers: name === undefined ? typed : { ...typed, [name]: value ?? '' } };
  }
  return undefined;
}
