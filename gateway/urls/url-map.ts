/**
 * The two FHIR bases of the gateway, its own and the upstream's, and the rewriting between them.
 * Used by the flow twice: inward before `forward`, outward before `release`. Pure.
 *
 * Only positions that an app follows are rewritten, on the byte level: see `keys.ts`.
 */
import { parseBase } from './base.ts';
import { createBodyEditor } from './body-editor.ts';
import { applyEdits } from './edits.ts';
import { mapAnswerHeader, mapForm, mapQuery, mapRequestHeader } from './header-values.ts';
import { listedQuery, listedUrl } from './keys.ts';
import { createMatcher, type Matcher } from './matcher.ts';
import { createPresence, type Presence } from './presence.ts';
import { createScanner, type Scanner, type ScanSink } from './scanner.ts';

/** What the map is made from. All are absolute http(s) URLs; a trailing slash is ignored. */
export interface UrlMapOptions {
  /** Public FHIR base of the app face. */
  readonly gatewayBase: string;
  /** FHIR base of the upstream, as the gateway reaches it. */
  readonly upstreamBase: string;
  /** Other spellings of its base that the upstream uses: internal host, http for https, ... */
  readonly upstreamAliases: readonly string[];
}

/** What the scanner saw. All false when the body was not scanned. */
export interface BodyFlags {
  /** False when a look at the bytes showed that no base can be in them: nothing below is known. */
  readonly scanned: boolean;
  /** A Bundle with a `signature` was left as it was, all that is inside it included. */
  readonly signedBundle: boolean;
  /** A key that the record or the rewriting relies on stands twice in one object. */
  readonly duplicateKeys: boolean;
  /** Nested deeper than `maxDepth`: nothing was rewritten. */
  readonly tooDeep: boolean;
  /** Not JSON: nothing was rewritten. */
  readonly malformed: boolean;
}

/** A body after rewriting. */
export interface RewriteResult {
  /** The very same array when nothing changed; never a view of an array that is used again. */
  readonly bytes: Uint8Array;
  /** How many URLs were changed. */
  readonly edits: number;
  readonly flags: BodyFlags;
}

/** Rewrites between the gateway's base and the upstream's. Nothing here throws. */
export interface UrlMap {
  /** Upstream ▶ gateway in a JSON body (UTF-8). */
  outwardBody(bytes: Uint8Array): RewriteResult;
  /**
   * The same where the strings that may hold a URL are known: start, end (bytes, without quotes), 1
   * for a query else 0, in the order of the bytes. The same array when nothing changed.
   */
  outwardUrls(bytes: Uint8Array, urls: readonly number[]): Uint8Array;
  /** Gateway ▶ upstream in a JSON body (UTF-8), JSON Patch included. */
  inwardBody(bytes: Uint8Array): RewriteResult;
  /** Scans without rewriting and without the shortcut: `flags.scanned` is always true. */
  inspectBody(bytes: Uint8Array): BodyFlags;
  /** Upstream ▶ gateway in `Location`, `Content-Location`, `Link`; others come back as they are. */
  outwardHeader(name: string, value: string): string;
  /** Gateway ▶ upstream in `If-None-Exist`; others come back as they are. */
  inwardHeader(name: string, value: string): string;
  /** Gateway ▶ upstream in the values of a raw query (without `?`); the encoding style is kept. */
  inwardQuery(rawQuery: string): string;
  /** Gateway ▶ upstream in an `application/x-www-form-urlencoded` body. The same array when nothing changed. */
  inwardForm(bytes: Uint8Array): Uint8Array;
}

/**
 * Makes a map. It owns scratch memory: calls must not be nested, which plain calls never are.
 *
 * @throws A plain Error when an option is not an absolute http(s) URL.
 */
export function createUrlMap(options: UrlMapOptions): UrlMap {
  const gateway = parseBase(options.gatewayBase);
  const upstream = [options.upstreamBase, ...options.upstreamAliases].map(parseBase);
  const outward = createMatcher(upstream, gateway);
  const inward = createMatcher([gateway], parseBase(options.upstreamBase));
  const scan = createScanner();
  return {
    outwardBody: createBodyRewriter(outward, createPresence(upstream), scan),
    outwardUrls: createUrlRewriter(outward),
    inwardBody: createBodyRewriter(inward, createPresence([gateway]), scan),
    inspectBody: (bytes) => ({ scanned: true, ...scan(asBuffer(bytes), noSink) }),
    outwardHeader: (name, value) => mapAnswerHeader(name, value, outward),
    inwardHeader: (name, value) => mapRequestHeader(name, value, inward),
    inwardQuery: (rawQuery) => mapQuery(rawQuery, inward),
    inwardForm: (bytes) => mapForm(bytes, inward),
  };
}

const unscanned: BodyFlags = {
  scanned: false,
  signedBundle: false,
  duplicateKeys: false,
  tooDeep: false,
  malformed: false,
};

const noSink: ScanSink = {
  listed() {
    return;
  },
  mark: () => 0,
  rollback() {
    return;
  },
  patchOperationEnded() {
    return;
  },
};

function createBodyRewriter(
  matcher: Matcher,
  presence: Presence,
  scan: Scanner,
): (bytes: Uint8Array) => RewriteResult {
  const editor = createBodyEditor(matcher);
  return (bytes) => {
    const buffer = asBuffer(bytes);
    if (matcher.isEmpty || !presence(buffer)) return { bytes, edits: 0, flags: unscanned };
    editor.reset(buffer);
    const outcome = scan(buffer, editor);
    const flags: BodyFlags = { scanned: true, ...outcome };
    if (outcome.malformed || outcome.tooDeep) return { bytes, edits: 0, flags };
    return { bytes: applyEdits(bytes, editor.edits), edits: editor.edits.starts.length, flags };
  };
}

function createUrlRewriter(
  matcher: Matcher,
): (bytes: Uint8Array, urls: readonly number[]) => Uint8Array {
  const editor = createBodyEditor(matcher);
  return (bytes, urls) => {
    if (matcher.isEmpty || urls.length === 0) return bytes;
    editor.reset(asBuffer(bytes));
    for (let i = 0; i < urls.length; i += 3) {
      const what = urls[i + 2] === 1 ? listedQuery : listedUrl;
      editor.listed(what, urls[i] as number, urls[i + 1] as number, false);
    }
    return applyEdits(bytes, editor.edits);
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
