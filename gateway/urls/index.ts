/** URL rewriting between the gateway's FHIR base and the upstream's. */
export { createUrlMap } from './url-map.ts';
export type { BodyFlags, RewriteResult, UrlMap, UrlMapOptions } from './url-map.ts';
