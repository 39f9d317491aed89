/**
 * The files of the review page, read once at start: plain scripts and styles beside this module, with
 * no build step. Only these names are served, so nothing in a request is ever a path.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';

/** One file as it is served. */
export interface PageFile {
  readonly mediaType: string;
  readonly body: Uint8Array;
  /** Strong entity tag, quotes included. */
  readonly etag: string;
}

const mediaTypes: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
};

/** All files of the page by name, e.g. `main.js`. Throws when the folder is not there. */
export function loadPageFiles(): ReadonlyMap<string, PageFile> {
  const folder = new URL('./page/', import.meta.url);
  const files = new Map<string, PageFile>();
  for (const name of readdirSync(folder)) {
    const mediaType = mediaTypes[name.slice(name.lastIndexOf('.') + 1)];
    if (mediaType === undefined) continue;
    const body = readFileSync(new URL(name, folder));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    files.set(name, { mediaType, body, etag });
  }
  return files;
}
