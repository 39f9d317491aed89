/**
 * The authorization request: what goes on to the real endpoint, and what is recorded of it. Only
 * the values of `aud`, `resource` and `audience` that name the gateway itself are replaced; every
 * other byte goes on as it came. Pure.
 *
 * Spec: SMART App Launch 2.2 "Obtain authorization code"; RFC 6749 section 3.1; RFC 8707.
 */
import type { AuthorizationSeen } from '../../audit/event/index.ts';
import type { HandleDigest } from '../../smart/index.ts';
import {
  joinParameters,
  splitParameters,
  valuesOf,
  withQuery,
  withValue,
  type RawParameter,
} from './raw-parameters.ts';
import { sameBaseAs } from './same-url.ts';

/** What an authorization request is read with. */
export interface AuthorizeOptions {
  /** Public FHIR base of the gateway: the only value that is ever replaced. */
  readonly gatewayBase: string;
  /** What stands in its place, exactly. */
  readonly audience: string;
  readonly handleDigest: HandleDigest;
}

/** An authorization request, ready to go on. */
export interface AuthorizationRequest {
  /** The query to send the browser on with; empty when there is none. */
  readonly query: string;
  /** Parameters of the form, for the page that posts them; undefined for a GET. */
  readonly form: readonly RawParameter[] | undefined;
  readonly seen: Omit<AuthorizationSeen, 'endpoint'>;
}

const audienceNames: ReadonlySet<string> = new Set(['aud', 'audience', 'resource']);

/** Reads authorization requests of one gateway. */
export type ReadAuthorization = (query: string, form: string | undefined) => AuthorizationRequest;

/** Makes the reader. What it reads is untrusted, and cannot make it throw. */
export function createReadAuthorization(options: AuthorizeOptions): ReadAuthorization {
  const isOwn = sameBaseAs([options.gatewayBase]);
  const swap = (parameter: RawParameter): RawParameter =>
    isSwapped(parameter) ? withValue(parameter, options.audience) : parameter;
  const isSwapped = ({ name, value }: RawParameter): boolean =>
    audienceNames.has(name) && isOwn(value);
  return (query, form) => {
    const inQuery = splitParameters(query);
    const inForm = form === undefined ? undefined : splitParameters(form);
    const all = [...inQuery, ...(inForm ?? [])];
    return {
      query: joinParameters(inQuery.map(swap)),
      form: inForm?.map(swap),
      seen: {
        ...seenIn(all, options.handleDigest),
        swapped: all.filter(isSwapped).length,
      },
    };
  };
}

function seenIn(
  all: readonly RawParameter[],
  digest: HandleDigest,
): Omit<AuthorizationSeen, 'endpoint' | 'swapped'> {
  const first = (name: string): string | undefined =>
    valuesOf(all, name).find((value) => value !== '');
  const [launch, state] = [first('launch'), first('state')];
  const isSigned = first('request') !== undefined;
  const isByReference = first('request_uri') !== undefined;
  const asksForCode = /(?:^| )code(?: |$)/.test(first('response_type') ?? '');
  const lacksChallenge =
    asksForCode && first('code_challenge') === undefined && !isSigned && !isByReference;
  return {
    kind: 'authorization-request',
    clientId: first('client_id'),
    scopes: first('scope'),
    audiences: all.filter(({ name }) => audienceNames.has(name)).map(({ value }) => value),
    redirectUri: first('redirect_uri'),
    launchDigest: launch === undefined ? undefined : digest('launch', launch),
    stateDigest: state === undefined ? undefined : digest('state', state),
    codeChallenge: first('code_challenge'),
    codeChallengeMethod: first('code_challenge_method'),
    warnings: [
      ...(isSigned ? (['signed-request'] as const) : []),
      ...(isByReference ? (['request-uri'] as const) : []),
      ...(lacksChallenge ? (['no-code-challenge'] as const) : []),
    ],
  };
}

/** Longest URL that browsers and servers are sure to take. */
export const maxLocationLength = 8192;

/** Where a browser is sent on: the endpoint and the whole request as its query. */
export function locationOf({ query, form }: AuthorizationRequest, endpoint: string): string {
  const inForm = joinParameters(form ?? []).replace(
    /[^A-Za-z0-9\-._~!$&'()*+,;=:@/?%|[\]]/g,
    encodeByte,
  );
  return withQuery(endpoint, [query, inForm].filter((part) => part !== '').join('&'));
}

/** A form may hold bytes that a URL may not; it is Latin-1 here, one character for each byte. */
function encodeByte(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
