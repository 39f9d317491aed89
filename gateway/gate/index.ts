/** The strict gate in front of the app face: pure functions over the head of a request. */
export { admit } from './admit.ts';
export { answerHeadersForClient } from './answer-headers.ts';
export { checkBodyMedia } from './body-media.ts';
export { clientAddress, trustedProxies } from './client-address.ts';
export { parseMediaType } from './media-type.ts';
export { readHeaders } from './request-headers.ts';
export { checkTarget } from './target.ts';
export { requestHeadersForUpstream } from './upstream-headers.ts';
export type { MediaType } from './media-type.ts';
export type * from './types.ts';
