/**
 * What the documentation says of each key, kept beside its schema so that there is one source.
 */
import { z } from 'zod';

/** The documentation of one key. */
export interface KeyDoc {
  /** One or two sentences. */
  readonly text: string;
  /** Form or unit of the value. */
  readonly unit?: string;
  /** What can go wrong with this key. */
  readonly danger?: string;
}

/** Documentation by schema instance. */
export const keyDocs = z.registry<KeyDoc>();

/** Attaches documentation to the outermost schema of a key and returns that schema. */
export function key<S extends z.ZodType>(schema: S, doc: KeyDoc): S {
  keyDocs.add(schema, doc);
  return schema;
}
