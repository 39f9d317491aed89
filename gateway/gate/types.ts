/**
 * What the gate takes and gives. The gate is the first stage of the flow (receive): pure functions
 * over what Node's HTTP parser hands out, before anything else looks at the request.
 */
import type { RefusalReason } from '../../audit/event/index.ts';

/** The head of a request, exactly as Node gives it. Untrusted. */
export interface RequestHead {
  readonly method: string;
  /** `IncomingMessage.url`. */
  readonly target: string;
  /** `IncomingMessage.rawHeaders`: name, value, name, value, ... */
  readonly rawHeaders: readonly string[];
  /** `IncomingMessage.httpVersion`: `1.1`, `1.0`. */
  readonly httpVersion: string;
  /** `socket.remoteAddress`; undefined when the socket has gone. */
  readonly peerAddress: string | undefined;
}

/** What the gate needs to know of the configuration. */
export interface GateOptions {
  /** Path of the gateway's FHIR base without trailing slash: `/fhir`, or `` for the root. */
  readonly basePath: string;
  /** Lower-case `host[:port]` values that `Host` may have. */
  readonly allowedHosts: ReadonlySet<string>;
  readonly headerCount: number;
  readonly headerBytes: number;
  /** Cookie names that pass, both ways. */
  readonly cookieAllowList: ReadonlySet<string>;
  readonly trustedProxies: TrustedProxies;
}

/** Which TCP peers are believed when they name the client. Made by `trustedProxies`. */
export interface TrustedProxies {
  trusts(address: string): boolean;
}

/** A refusal by the gate. `gateway/faults.ts` has status and issue code for each reason. */
export interface Refused {
  readonly kind: 'refused';
  readonly reason: RefusalReason;
}

/** One header field; lower-case name. */
export type HeaderField = readonly [name: string, value: string];

/** How the request's body is framed. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' };

/** The request headers that are left when hop-by-hop, spoofable and dropped ones are gone. */
export interface RequestHeaders {
  readonly kind: 'ok';
  /** In their order, lower-case names. `Cookie` holds allowed cookies only. Framing, `Host`,
   *  `Expect` and forwarding headers are not here. `Authorization` is. */
  readonly fields: readonly HeaderField[];
  /** The `Host` value; undefined when there is none (HTTP/1.0). */
  readonly host: string | undefined;
  readonly framing: Framing;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly expectContinue: boolean;
  /** `X-Forwarded-For` values in their order, believed only by `clientAddress`. */
  readonly xForwardedFor: readonly string[];
  /** `Forwarded` values in their order, believed only by `clientAddress`. */
  readonly forwarded: readonly string[];
}

/** A request target that lies under the base. */
export interface Target {
  readonly kind: 'ok';
  /** Below the base, without leading slash or query, still encoded: `Patient/1`, ``, `$export`. */
  readonly path: string;
  /** Raw query without `?`; empty when there is none. */
  readonly query: string;
  /** What follows the base, verbatim, without the query: ``, `/`, `/Patient/1`. */
  readonly pathSuffix: string;
  /** False for a target without `?`. */
  readonly hasQuery: boolean;
}

/** Who the client is, by its address. The shape of `Exchange.peer`. */
export interface ClientAddress {
  readonly address: string;
  readonly forwardedChain?: string;
}

/** A request that may go on. */
export interface Admitted {
  readonly kind: 'admitted';
  readonly method: Method;
  readonly target: Target;
  readonly headers: RequestHeaders;
  readonly client: ClientAddress;
}

/** The methods that the app face knows. */
export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** What the body of a request is, by its declared media type and where it goes. */
export type BodyKind = 'none' | 'json' | 'json-patch' | 'form' | 'opaque';

/** The request headers that the upstream gets; framing and `Host` are the forwarder's. */
export interface UpstreamRequestHeaders {
  readonly kind: 'ok';
  readonly fields: readonly HeaderField[];
}

/** The answer headers that the client may get; framing is the releaser's. */
export interface ClientAnswerHeaders {
  readonly kind: 'ok';
  /** Lower-case names, in their order; several `link` or `set-cookie` fields stay several. */
  readonly fields: readonly HeaderField[];
}
