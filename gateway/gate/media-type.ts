/** Media types as they stand in `Content-Type` and `Accept`. Spec: RFC 9110 section 8.3.1. */

/** A parsed media type. */
export interface MediaType {
  /** Lower-case `type/subtype`. */
  readonly essence: string;
  /** Lower-case names; unquoted values. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Parses one media type; undefined when it is not one. */
export function parseMediaType(value: string): MediaType | undefined {
  const essence = value.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[!#$%&'*+.^_`|~0-9a-z-]+\/[!#$%&'*+.^_`|~0-9a-z-]+$/.test(essence)
    ? { essence, parameters: new Map() }
    : undefined;
}
