/**
 * Rewrites the two documents that tell an app where to authorize: smart-configuration, and the
 * security part of a CapabilityStatement. Member by member, never by substring, because an EHR's
 * host name also stands inside URLs that must not change. All other bytes stay.
 *
 * Spec: SMART App Launch 2.2 "Conformance"; extension oauth-uris.
 */
import { applyEdits, createEditList, pushEdit, type EditList } from '../urls/edits.ts';
import {
  eachElement,
  eachMember,
  rootOf,
  stringAt,
  type JsonPlace,
  type JsonString,
} from './json-cursor.ts';
import { sameBaseAs } from './same-url.ts';

/** What the documents are rewritten with. */
export interface DocumentUrls {
  /** Where the gateway takes authorization requests. */
  readonly authorizeUrl: string;
  /** FHIR base of the gateway, without trailing slash. */
  readonly gatewayBase: string;
  /** FHIR base of the upstream, without trailing slash: relative URLs are relative to it. */
  readonly upstreamBase: string;
  readonly upstreamAliases: readonly string[];
}

/** Rewrites documents; each gives the same array when nothing changed. Nothing here throws. */
export interface DiscoveryDocuments {
  /** The bytes of a smart-configuration. */
  configuration(bytes: Uint8Array): Uint8Array;
  /** The bytes of a CapabilityStatement. `json` is its value, for a quick look. */
  capabilities(bytes: Uint8Array, json: unknown): Uint8Array;
}

/** The extension that holds OAuth endpoints; its children are named by their `url`. */
export const oauthUrisUrl = 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris';

/** Members that name a document of the authorization server, besides all `*_endpoint`. */
const documentMembers: ReadonlySet<string> = new Set(['jwks_uri', 'user_access_brand_bundle']);

/** Makes the rewriter of one gateway. */
export function createDiscoveryDocuments(urls: DocumentUrls): DiscoveryDocuments {
  const isUpstream = sameBaseAs([urls.upstreamBase, ...urls.upstreamAliases]);
  const absolute = (text: string): string | undefined => absoluteUrl(text, urls.upstreamBase);

  const editEndpoint = (isAuthorize: boolean, value: JsonString, edits: EditList): void => {
    // An empty one says that there is none, and goes on saying so.
    if (!isUrlLike(value.text)) return;
    const wanted = isAuthorize ? urls.authorizeUrl : absolute(value.text);
    if (wanted !== undefined) replace(value, wanted, edits);
  };

  return {
    configuration: (bytes) =>
      edited(bytes, (root, edits) => {
        eachMember(root, (key, place) => {
          if (key === 'associated_endpoints') editAssociated(place, isUpstream, urls, edits);
          const value = stringAt(place);
          if (value === undefined) return;
          const isAuthorize = key === 'authorization_endpoint';
          if (isAuthorize || key.endsWith('_endpoint') || documentMembers.has(key)) {
            editEndpoint(isAuthorize, value, edits);
          }
        });
      }),
    capabilities: (bytes, json) => {
      if (oauthUris(json).length === 0) return bytes;
      return edited(bytes, (root, edits) => {
        eachSecurityExtension(root, (extension) => {
          const { url, children } = extensionAt(extension);
          if (url !== oauthUrisUrl || children === undefined) return;
          eachElement(children, (child) => {
            const { url: name, value } = extensionAt(child);
            if (value !== undefined) editEndpoint(name === 'authorize', value, edits);
          });
        });
      });
    },
  };
}

/** Other FHIR bases that take the same tokens: one that is ours is named as ours. */
function editAssociated(
  list: JsonPlace,
  isUpstream: (text: string) => boolean,
  urls: DocumentUrls,
  edits: EditList,
): void {
  eachElement(list, (endpoint) => {
    eachMember(endpoint, (key, place) => {
      const value = key === 'url' ? stringAt(place) : undefined;
      if (value === undefined || !isUrlLike(value.text)) return;
      const full = absoluteUrl(value.text, urls.upstreamBase);
      if (isUpstream(full ?? value.text)) replace(value, urls.gatewayBase, edits);
      else if (full !== undefined) replace(value, full, edits);
    });
  });
}

/** `rest[*].security.extension[*]`. */
function eachSecurityExtension(root: JsonPlace, visit: (extension: JsonPlace) => void): void {
  const below = (place: JsonPlace, wanted: string, take: (value: JsonPlace) => void): void => {
    eachMember(place, (key, value) => {
      if (key === wanted) take(value);
    });
  };
  below(root, 'rest', (rest) => {
    eachElement(rest, (one) => {
      below(one, 'security', (security) => {
        below(security, 'extension', (extensions) => {
          eachElement(extensions, visit);
        });
      });
    });
  });
}

interface Extension {
  readonly url: string | undefined;
  readonly value: JsonString | undefined;
  readonly children: JsonPlace | undefined;
}

function extensionAt(place: JsonPlace): Extension {
  let url: string | undefined;
  let value: JsonString | undefined;
  let children: JsonPlace | undefined;
  eachMember(place, (key, member) => {
    if (key === 'url') url = stringAt(member)?.text;
    else if (key === 'valueUri') value = stringAt(member);
    else if (key === 'extension') children = member;
  });
  return { url, value, children };
}

/** False for what no client could follow; it stays as it is. */
function isUrlLike(text: string): boolean {
  return text !== '' && !/\s/.test(text) && URL.parse(text, 'http://localhost/') !== null;
}

/** A relative URL made absolute; undefined for one that is absolute, or none at all. */
function absoluteUrl(text: string, upstreamBase: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) return undefined;
  return URL.parse(text, `${upstreamBase}/`)?.href;
}

function replace({ start, end, text }: JsonString, wanted: string, edits: EditList): void {
  if (text === wanted) return;
  pushEdit(edits, start, end, Buffer.from(JSON.stringify(wanted).slice(1, -1)));
}

function edited(
  bytes: Uint8Array,
  collect: (root: JsonPlace, edits: EditList) => void,
): Uint8Array {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const edits = createEditList();
  collect(rootOf(buffer), edits);
  return applyEdits(bytes, edits);
}

function member(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

/** Each endpoint that a CapabilityStatement names by oauth-uris: its name, and its URL. */
export function oauthUris(json: unknown): readonly (readonly [name: string, url: string])[] {
  return list(member(json, 'rest'))
    .flatMap((rest) => list(member(member(rest, 'security'), 'extension')))
    .filter((extension) => member(extension, 'url') === oauthUrisUrl)
    .flatMap((extension) => list(member(extension, 'extension')))
    .flatMap((child) => {
      const [name, value] = [member(child, 'url'), member(child, 'valueUri')];
      return typeof name === 'string' && typeof value === 'string' ? [[name, value] as const] : [];
    });
}
