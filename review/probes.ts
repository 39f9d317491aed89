/**
 * Health and metrics: no credential, no identifiers, nothing of the record, and no record of
 * their own. `Host` is not checked here: load balancers ask by address.
 */
import type { ReviewOptions } from './options.ts';
import type { ProbeAnswer } from './release.ts';

/** Answers a probe. Never rejects: what cannot be told is "not ready". */
export async function answerProbe(
  options: ReviewOptions,
  probe: 'livez' | 'readyz' | 'metrics',
): Promise<ProbeAnswer> {
  try {
    switch (probe) {
      case 'livez':
        return json(200, { status: 'live' });
      case 'readyz': {
        const { ready, checks } = await options.readiness();
        return json(ready ? 200 : 503, { status: ready ? 'ready' : 'unready', checks });
      }
      case 'metrics':
        return {
          status: 200,
          contentType: 'text/plain; version=0.0.4; charset=utf-8',
          body: await options.metrics(),
        };
    }
  } catch (cause) {
    options.log.error(
      { probe, errorName: cause instanceof Error ? cause.name : '' },
      'probe failed',
    );
    return json(503, { status: 'unready', checks: {} });
  }
}

function json(status: number, value: unknown): ProbeAnswer {
  return {
    status,
    contentType: 'application/json; charset=utf-8',
    body: JSON.stringify(value),
  };
}
