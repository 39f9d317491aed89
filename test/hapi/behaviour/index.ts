/**
 * Everything that a FHIR client relies on, as scenarios that run against any server: HAPI, which
 * says how a FHIR server behaves, and the sample EHR, which has to behave like it.
 */
import { bundles } from './bundles.ts';
import { conditional } from './conditional.ts';
import { history } from './history.ts';
import { paging } from './paging.ts';
import { reading } from './reading.ts';
import { refusals } from './refusals.ts';
import { searching } from './searching.ts';
import { writing } from './writing.ts';
import type { Behaviour } from './behaviour.ts';

export { openClient } from './client.ts';
export type { Behaviour } from './behaviour.ts';

/** Every scenario of the suite. */
export const behaviours: readonly Behaviour[] = [
  ...reading,
  ...writing,
  ...conditional,
  ...searching,
  ...paging,
  ...history,
  ...bundles,
  ...refusals,
];
