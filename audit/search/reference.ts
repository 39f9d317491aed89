/**
 * References in parts: what a record says, and what a search looks for. Pure.
 *
 * Spec: https://hl7.org/fhir/R4/references.html#literal , https://hl7.org/fhir/R4/search.html#reference
 */
import type { Reference } from './query.ts';

/** Reads a literal reference. Its version does not count: it names the same resource. */
export function parseReference(text: string): Reference {
  const parts = /^(?:(.+)\/)?([A-Za-z]+)\/([^/]+)(?:\/_history\/[^/]*)?$/u.exec(text);
  // `urn:uuid:…` and whatever else has no type: all of it is the id.
  if (parts === null) return { base: '', type: '', id: text.replace(/\/_history\/[^/]*$/u, '') };
  const [, base = '', type = '', id = ''] = parts;
  return { base, type, id };
}
