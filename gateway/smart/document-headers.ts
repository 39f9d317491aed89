/** The headers of the documents that tell where to authorize: what is read, what is released. */

/**
 * How smart-configuration is to be read. Static files without an ending are often served as
 * anything; this one can only be JSON.
 *
 * @param declared `Content-Type` of the upstream.
 */
export function configurationType(declared: string | undefined): string {
  const isJson = /^application\/(?:[a-z0-9.+-]+\+)?json(?:$|\s*;)/i.test(declared?.trim() ?? '');
  return isJson && declared !== undefined ? declared : 'application/json';
}

/** Headers of an answer, lower-case names. */
type Fields = readonly (readonly [string, string])[];

/**
 * The headers of a discovery document: no validator of the upstream's when an endpoint in it was
 * changed; smart-configuration is always `application/json` (SMART App Launch 2.2).
 */
export function documentFields(
  fields: Fields,
  isConfiguration: boolean,
  isChanged: boolean,
): Fields {
  const left = isChanged
    ? fields.filter(([name]) => name !== 'etag' && name !== 'last-modified')
    : fields;
  if (!isConfiguration) return left;
  const declared = left.find(([name]) => name === 'content-type')?.[1];
  const isPlain = /^application\/json(?:$|\s*;)/i.test(declared ?? '');
  return isPlain
    ? left
    : [...left.filter(([name]) => name !== 'content-type'), ['content-type', 'application/json']];
}
