/**
 * Which request does what: medplum's FhirRouter, with handlers of our own where it has none or
 * where real servers do otherwise. Made anew for each request, so that the entries of a batch are
 * handled for the one who asks.
 */
import { allOk, created, OperationOutcomeError } from '@medplum/core';
import {
  FhirRouter,
  type FhirRepository,
  type FhirRequest,
  type FhirResponse,
  type FhirRouteHandler,
  type FhirRouteMetadata,
  type HttpMethod,
  type RestInteraction,
  type RouteResult,
} from '@medplum/fhir-router';
import type { Resource } from '@medplum/fhirtypes';
import { pairsOf, type Asking } from './asking.ts';
import { isResourceType } from './definitions.ts';
import { everything } from './everything.ts';
import { history } from './history.ts';
import { problem, type ProblemKind } from './problem.ts';
import { followPage, searchCompartment, searchType } from './searching.ts';
import { processBundle } from './transaction.ts';

type Found = RouteResult<FhirRouteHandler, FhirRouteMetadata>;

/** Routes of one request. */
export class RequestRouter extends FhirRouter {
  readonly #replaced: Partial<Record<RestInteraction, FhirRouteHandler>>;

  constructor(asking: Asking) {
    super();
    this.#replaced = replacements(asking);
    for (const [path, interaction, handler] of additions(asking)) {
      this.add('GET', path, handler, interaction);
    }
    this.add('POST', 'Patient/:id/$everything', (request) =>
      answered(everything(asking, idOf(request), pairsOf(formOf(request)))),
    );
  }

  override handleRequest(request: FhirRequest, repository: FhirRepository): Promise<FhirResponse> {
    return handled(this, request, repository);
  }

  /** Always finds something: a request that nothing fits gets a refusal as its handler. */
  override find(method: HttpMethod, url: string): Found {
    const found = super.find(method === 'HEAD' ? 'GET' : method, url);
    if (found === undefined) return refusal(url, 'This request is not known here.');
    const type = found.params['resourceType'];
    if (found.path === '$graphql' || type?.startsWith('$') === true) {
      return refusal(url, 'This operation is not supported.');
    }
    if (type !== undefined && type !== '*' && !isResourceType(type)) {
      return refusal(url, `Unknown resource type '${type}'.`);
    }
    const interaction = found.data?.interaction ?? 'operation';
    const isConditional = conditional.has(interaction) && found.params['id'] === undefined;
    if (isConditional && found.query === undefined) {
      // Without a condition it would be about everything.
      return refusal(url, 'There is neither an id nor a condition.', 'bad-request');
    }
    const replaced = isConditional ? undefined : this.#replaced[interaction];
    const handler = replaced ?? found.handler;
    return { ...found, handler: writing.has(interaction) ? withBody(handler) : handler };
  }
}

/** Medplum's own makes an answer of every error, with its message; a bug is none of its client's. */
async function handled(
  router: RequestRouter,
  request: FhirRequest,
  repository: FhirRepository,
): Promise<FhirResponse> {
  const { handler, params, path, query } = router.find(request.method, request.url);
  const understood = { ...request, params, pathname: path, query: query ?? request.query };
  try {
    return await handler(understood, repository, router);
  } catch (error) {
    if (error instanceof OperationOutcomeError) return [error.outcome];
    throw error;
  }
}

const writing: ReadonlySet<string> = new Set(['create', 'update', 'patch']);

/** An entry of a bundle may come without what it is to write. */
function withBody(handler: FhirRouteHandler): FhirRouteHandler {
  return async (request, ...rest) => {
    const body: unknown = request.body;
    if (typeof body === 'object' && body !== null) return handler(request, ...rest);
    throw problem('bad-request', 'There is no resource to write.');
  };
}

const conditional: ReadonlySet<string> = new Set(['update', 'patch', 'delete']);

function refusal(url: string, text: string, kind: ProblemKind = 'not-found'): Found {
  return {
    handler: () => Promise.reject(problem(kind, text)),
    path: url,
    params: {},
    data: { interaction: 'operation' },
  };
}

const answered = async (resource: Resource | Promise<Resource>): Promise<FhirResponse> => [
  allOk,
  await resource,
];

const typeOf = ({ params }: FhirRequest): string => params['resourceType'] ?? '';
const idOf = ({ params }: FhirRequest): string => params['id'] ?? '';

/** Parameters of a POST may be in its form and in its URL. */
function formOf({ body, query }: FhirRequest): FhirRequest['query'] {
  const isForm = typeof body === 'object' && body !== null && !('resourceType' in body);
  return isForm ? { ...query, ...(body as FhirRequest['query']) } : query;
}

function replacements(asking: Asking): Partial<Record<RestInteraction, FhirRouteHandler>> {
  return {
    update: (request, repository) => update(asking, request, repository),
    'search-system': (request) => answered(followPage(asking, pairsOf(request.query))),
    'search-type': (request) =>
      answered(searchType(asking, typeOf(request), pairsOf(formOf(request)))),
    'history-instance': (request) =>
      answered(history(asking, typeOf(request), idOf(request), pairsOf(request.query))),
    batch: async (request, repository, router) =>
      answered(processBundle(asking, request, repository, router)),
  };
}

type Addition = readonly [path: string, interaction: RestInteraction, handler: FhirRouteHandler];

function additions(asking: Asking): readonly Addition[] {
  return [
    ['metadata', 'operation', () => answered(asking.capabilities() as Resource)],
    [
      '_history',
      'history-system',
      (request) => answered(history(asking, undefined, undefined, pairsOf(request.query))),
    ],
    [
      ':resourceType/_history',
      'history-type',
      (request) => answered(history(asking, typeOf(request), undefined, pairsOf(request.query))),
    ],
    [
      'Patient/:id/$everything',
      'operation',
      (request) => answered(everything(asking, idOf(request), pairsOf(request.query))),
    ],
    [
      'Patient/:id/:within',
      'operation',
      (request) =>
        answered(
          searchCompartment(
            asking,
            idOf(request),
            request.params['within'] ?? '',
            pairsOf(request.query),
          ),
        ),
    ],
  ];
}

/** Unlike medplum's, it says when it made the resource. */
async function update(
  { view }: Asking,
  request: FhirRequest,
  repository: FhirRepository,
): Promise<FhirResponse> {
  const [type, id] = [typeOf(request), idOf(request)];
  const resource = request.body as Resource;
  if (resource.resourceType !== type || resource.id !== id) {
    throw problem('bad-request', 'The type and the id in the body must be those of the URL.');
  }
  const isNew = !view.exists(type, id);
  const ifMatch = versionOf(request.headers?.['if-match']);
  const updated = await repository.updateResource(
    resource,
    ifMatch === undefined ? {} : { ifMatch },
  );
  return [isNew ? created : allOk, updated];
}

/** The version in an ETag; a header that is none asks for a version that never was. */
function versionOf(header: string | undefined): string | undefined {
  return header === undefined ? undefined : (/^(?:W\/)?"([^"]+)"$/.exec(header.trim())?.[1] ?? '');
}
