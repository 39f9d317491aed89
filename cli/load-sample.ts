/** Loads `sample/` for the commands that need it. It is no part of the published package. */
import { UsageError } from './exit-codes.ts';
import type * as Sample from '../sample/index.ts';

/** @throws UsageError where there is no checkout with its development dependencies. */
export async function loadSample(): Promise<typeof Sample> {
  try {
    return await import('../sample/index.ts');
  } catch (error) {
    const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
    if (code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UsageError(
      'This command runs from a checkout of Chaperone only: clone the repository, then npm start.',
    );
  }
}
