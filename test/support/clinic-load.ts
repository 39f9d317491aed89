/**
 * Concurrent apps that read, search and change through a gateway until it is gone, and keep what
 * they were told: every answer that they received completely.
 */
import * as http from 'node:http';

/** An answer that was received to its last byte. */
export interface ReceivedAnswer {
  readonly requestId: string;
  readonly status: number;
  readonly kind: 'read' | 'search' | 'change';
}

/** Apps at work. */
export interface ClinicLoad {
  readonly received: readonly ReceivedAnswer[];
  /** Resolves once every app has met a connection that broke, which happens when it is killed. */
  readonly ended: Promise<void>;
}

const kinds = ['read', 'change', 'search', 'change', 'read', 'change'] as const;

/** Starts so many apps against the FHIR base of a gateway. */
export function startClinicLoad(base: string, apps: number): ClinicLoad {
  const received: ReceivedAnswer[] = [];
  const agent = new http.Agent({ keepAlive: true, maxSockets: apps });
  const work = async (app: number): Promise<void> => {
    for (let turn = app; ; turn++) {
      const kind = kinds[turn % kinds.length] ?? 'read';
      const answer = await ask(agent, base, kind, turn);
      if (answer === undefined) return;
      received.push(answer);
    }
  };
  const ended = Promise.all(Array.from({ length: apps }, (_, app) => work(app))).then(() => {
    agent.destroy();
  });
  return { received, ended };
}

/** One request; undefined when its answer did not come completely. */
function ask(
  agent: http.Agent,
  base: string,
  kind: ReceivedAnswer['kind'],
  turn: number,
): Promise<ReceivedAnswer | undefined> {
  const isCreate = kind === 'change' && turn % 2 === 0;
  const method = kind === 'change' ? (isCreate ? 'POST' : 'PUT') : 'GET';
  const path = kind === 'search' ? 'Patient?name=x' : isCreate ? 'Observation' : 'Observation/1';
  const headers = kind === 'change' ? { 'Content-Type': 'application/fhir+json' } : {};
  return new Promise((resolve) => {
    const request = http.request(`${base}/${path}`, { agent, method, headers }, (response) => {
      response.once('close', () => {
        const requestId = response.headers['x-request-id'];
        const isWhole = response.complete && typeof requestId === 'string';
        resolve(isWhole ? { requestId, status: response.statusCode ?? 0, kind } : undefined);
      });
      response.once('error', () => undefined);
      response.resume();
    });
    request.once('error', () => {
      resolve(undefined);
    });
    request.end(kind === 'change' ? '{"resourceType":"Observation","id":"1"}' : undefined);
  });
}
