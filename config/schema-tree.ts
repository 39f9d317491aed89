/**
 * The schema seen as a tree of keys: for suggestions and for the generated page.
 */
import { z } from 'zod';
import { keyDocs } from './key-doc.ts';
import type { KeyDoc } from './key-doc.ts';

/** One key of the file. */
export interface SchemaKey {
  /** `gateway.listen`, `review.readers[].name`. */
  readonly path: string;
  readonly doc: KeyDoc;
  /** As it would be written in the file; undefined when there is none. */
  readonly defaultValue: unknown;
  readonly isRequired: boolean;
}

/** Every documented key of a schema, in its order. */
export function listKeys(schema: z.ZodType, parent = ''): readonly SchemaKey[] {
  return Object.entries(shapeOf(schema) ?? {}).flatMap(([name, child]) => {
    const path = parent === '' ? name : `${parent}.${name}`;
    const doc = keyDocs.get(child);
    const isList = unwrap(child) instanceof z.ZodArray;
    const own: SchemaKey[] =
      doc === undefined
        ? []
        : [
            {
              path,
              doc,
              defaultValue: defaultOf(child),
              isRequired: !(child instanceof z.ZodOptional) && defaultOf(child) === undefined,
            },
          ];
    return [...own, ...listKeys(child, isList ? `${path}[]` : path)];
  });
}

/** The names that an object at a path may have; none when there is no object. */
export function namesAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  let current: z.ZodType | undefined = schema;
  for (const step of path) {
    if (typeof step === 'string' && current !== undefined) current = shapeOf(current)?.[step];
  }
  return current === undefined ? [] : Object.keys(shapeOf(current) ?? {});
}

function shapeOf(schema: z.ZodType): Readonly<Record<string, z.ZodType>> | undefined {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodArray) return shapeOf(inner.element as z.ZodType);
  return inner instanceof z.ZodObject ? inner.shape : undefined;
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodPrefault
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

function defaultOf(schema: z.ZodType): unknown {
  return schema instanceof z.ZodPrefault ? schema.def.defaultValue : undefined;
}
