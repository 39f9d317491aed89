/** Which requests are for the documents that are open to everybody, whatever their spelling. */

/** `{base}/.well-known/smart-configuration` or `{base}/metadata`. */
export type PublicDocument = 'configuration' | 'capabilities';

/**
 * @param path Below the base, as in `Target.path`: still percent-encoded.
 * @returns Undefined for any other path.
 */
export function publicDocumentAt(path: string): PublicDocument | undefined {
  switch (decoded(path)) {
    case '.well-known/smart-configuration':
      return 'configuration';
    case 'metadata':
      return 'capabilities';
  }
  return undefined;
}

/**
 * The same for a request target that nobody has checked yet.
 *
 * @param basePath Path of the gateway's base, without trailing slash.
 */
export function publicDocumentOf(rawTarget: string, basePath: string): PublicDocument | undefined {
  const [path = ''] = rawTarget.split('?', 1);
  if (!path.startsWith(`${basePath}/`)) return undefined;
  return publicDocumentAt(path.slice(basePath.length + 1).replace(/\/$/, ''));
}

function decoded(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
