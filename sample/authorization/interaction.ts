/**
 * What a person does between the authorization request and the app's redirect URI: sign in, choose a
 * patient, allow. Plain HTML forms; an EHR launch and `autoSignIn` answer steps by themselves.
 *
 * Forms of other sites cannot reach these steps: the cookie of an interaction is `SameSite=Lax` and
 * bound to its own path, which holds an unguessable id.
 */
import express, { type NextFunction, type Request, type Response } from 'express';
import { errors, type Interaction, type InteractionResults } from 'oidc-provider';
import type Provider from 'oidc-provider';
import {
  choosePatient,
  pendingRequest,
  type PatientChoice,
  type PendingRequest,
} from './authorization-request.ts';
import { writeGrant } from './grant.ts';
import { consentPage } from './pages/consent-page.ts';
import { errorPage } from './pages/error-page.ts';
import { pageHeaders } from './pages/layout.ts';
import { pickerPage } from './pages/picker-page.ts';
import { signInPage } from './pages/sign-in-page.ts';
import type { ServerState } from './state.ts';

interface Step {
  readonly provider: Provider;
  readonly state: ServerState;
  readonly interaction: Interaction;
  readonly pending: PendingRequest;
  readonly request: Request;
  readonly response: Response;
}

/** The routes below `/interaction`. */
export function interactionRoutes(provider: Provider, state: ServerState): express.Router {
  const router = express.Router();
  const form = express.urlencoded({ extended: false, limit: '8kb' });
  const at =
    (act: (step: Step) => Promise<void> | void) =>
    async (request: Request, response: Response): Promise<void> => {
      const interaction = await provider.interactionDetails(request, response);
      const pending = pendingRequest(state, interaction);
      if (pending === undefined || interaction.uid !== request.params['uid']) {
        throw new errors.SessionNotFound('the sign-in is not the one that this page belongs to');
      }
      await act({ provider, state, interaction, pending, request, response });
    };
  router.get('/:uid', at(show));
  router.post('/:uid', form, at(submit));
  router.post('/:uid/deny', at(deny));
  router.use((cause: unknown, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) {
      next(cause);
      return;
    }
    const known = cause instanceof errors.SessionNotFound;
    const sentence = known ? 'This sign-in has ended, or cookies are off.' : 'Something was wrong.';
    const error = known ? 'session_not_found' : 'invalid_request';
    response.status(400).set(pageHeaders([])).send(errorPage(error, sentence));
  });
  return router;
}

function actionOf({ state, interaction }: Step): string {
  return `${new URL(state.issuer).pathname.replace(/\/$/, '')}/interaction/${interaction.uid}`;
}

function send(step: Step, status: number, page: string): void {
  const { origin, protocol } = step.pending.redirectUri;
  const target = origin === 'null' ? protocol : origin;
  step.response
    .status(status)
    .set(pageHeaders([target]))
    .send(page);
}

async function finish(step: Step, result: InteractionResults): Promise<void> {
  await step.provider.interactionFinished(step.request, step.response, result);
}

async function deny(step: Step): Promise<void> {
  await finish(step, { error: 'access_denied', error_description: 'The user did not allow it.' });
}

async function show(step: Step): Promise<void> {
  const { state, pending, interaction, request } = step;
  if (interaction.prompt.name === 'login') {
    const account = pending.launch?.account ?? state.autoSignIn?.account;
    if (account === undefined) showSignIn(step, 200, textOf(interaction.params['login_hint']));
    else await signIn(step, account);
    return;
  }
  const choice = choosePatient(state, pending, textOf(request.query['patient']));
  if (choice.kind === 'open') showPicker(step);
  else if (state.autoSignIn === undefined) showConsent(step, choice);
  else await allow(step, choice);
}

async function submit(step: Step): Promise<void> {
  const { state, pending, interaction, request } = step;
  const form = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  if (interaction.prompt.name === 'login') {
    const account = state.accounts.get(textOf(form['account']) ?? '');
    if (account !== undefined && account.password === form['password']) {
      await signIn(step, account.id);
    } else {
      showSignIn(step, 400, account?.id, 'The password is not the one of that account.');
    }
    return;
  }
  const choice = choosePatient(state, pending, textOf(form['patient']));
  if (choice.kind === 'open') showPicker(step);
  else await allow(step, choice);
}

function showSignIn(step: Step, status: number, chosen?: string, problem?: string): void {
  const view = {
    accounts: [...step.state.accounts.values()],
    chosen,
    app: step.pending.client.name,
    action: actionOf(step),
  };
  send(step, status, signInPage(problem === undefined ? view : { ...view, problem }));
}

function showPicker(step: Step): void {
  const { state, pending, request } = step;
  const search = textOf(request.query['q'])?.slice(0, 100) ?? '';
  const { patients } = state;
  send(
    step,
    200,
    pickerPage({ patients, search, app: pending.client.name, action: actionOf(step) }),
  );
}

function showConsent(step: Step, choice: PatientChoice): void {
  const { state, pending } = step;
  const chosen = choice.kind === 'chosen' ? choice.patient : undefined;
  const page = consentPage({
    app: pending.client.name,
    user: pending.account?.name ?? '',
    patient: state.patients.find(({ id }) => id === chosen),
    scopes: pending.granted,
    action: actionOf(step),
    origin: pending.redirectUri.host,
  });
  send(step, 200, page);
}

async function signIn(step: Step, accountId: string): Promise<void> {
  const { provider, interaction } = step;
  const before = interaction.session;
  if (before !== undefined && before.accountId !== accountId) {
    // Another user at the same browser: their session ends here, and with it what depends on it.
    await (await provider.Session.findByUid(before.uid))?.destroy();
    interaction.session = undefined;
    await interaction.persist();
  }
  await finish(step, { login: { accountId } });
}

async function allow(step: Step, choice: PatientChoice): Promise<void> {
  const { provider, state, interaction, pending } = step;
  const { account, granted, refused, resource } = pending;
  if (account === undefined || granted.length === 0) {
    await finish(step, {
      error: 'access_denied',
      error_description: 'None of the requested scopes can be granted to this user.',
    });
    return;
  }
  const grantId = await writeGrant(provider, state, {
    clientId: pending.client.id,
    resource,
    granted,
    refused,
    context: {
      account,
      patient: choice.kind === 'chosen' ? choice.patient : undefined,
      encounter: choice.kind === 'chosen' ? choice.encounter : undefined,
      sessionId: interaction.session?.uid ?? '',
      launched: pending.launch !== undefined,
    },
  });
  await finish(step, { consent: { grantId } });
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
