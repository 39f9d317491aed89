/**
 * Looks for a secret in bytes in every form in which it could have been left there: as it is, in
 * base64 at any alignment, in hex, percent-encoded, behind JSON escapes, as UTF-16, and inside
 * base64 whose content is encoded once more.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The forms in which a secret can be searched for byte by byte. */
export function formsOf(secret: string): ReadonlyMap<string, Buffer> {
  const forms = new Map<string, Buffer>();
  const bytes = Buffer.from(secret);
  forms.set('raw', bytes);
  forms.set('utf-16', Buffer.from(secret, 'utf16le'));
  forms.set('hex', Buffer.from(bytes.toString('hex')));
  forms.set('HEX', Buffer.from(bytes.toString('hex').toUpperCase()));
  for (const [name, encoding] of [
    ['base64', 'base64'],
    ['base64url', 'base64url'],
  ] as const) {
    for (const shift of [0, 1, 2]) {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]).toString(encoding);
      // The characters at both ends depend on what stands around the secret.
      const from = shift === 0 ? 0 : shift + 1;
      const to = Math.floor(((shift + bytes.length) * 8) / 6);
      forms.set(`${name} shifted by ${String(shift)}`, Buffer.from(shifted.slice(from, to)));
    }
  }
  return forms;
}

/** Names of the forms in which `secret` stands in `bytes`; empty when it does not. */
export function findSecret(bytes: Buffer, secret: string): readonly string[] {
  return findIn(bytes, viewsOf(bytes), secret);
}

function findIn(
  bytes: Buffer,
  views: ReadonlyMap<string, string>,
  secret: string,
): readonly string[] {
  const found = [...formsOf(secret)]
    .filter(([, form]) => bytes.includes(form))
    .map(([name]) => name);
  for (const [name, text] of views) {
    if (!found.includes('raw') && text.includes(secret)) found.push(name);
  }
  return found;
}

/** The same bytes with an encoding taken off, wherever one could be. */
function viewsOf(bytes: Buffer): ReadonlyMap<string, string> {
  const text = bytes.toString('latin1');
  const inner = [...text.matchAll(/[A-Za-z0-9+/_-]{24,}/g)]
    .map(([run]) => Buffer.from(run, 'base64').toString('latin1'))
    .join('\n');
  return new Map([
    ['percent-encoded', percentDecoded(text)],
    ['JSON escapes', jsonUnescaped(text)],
    ['percent-encoded inside base64', percentDecoded(inner)],
    ['JSON escapes inside base64', jsonUnescaped(inner)],
  ]);
}

function percentDecoded(text: string): string {
  let before = text;
  // Twice: an encoded text that was encoded again.
  for (let round = 0; round < 2; round++) {
    before = before.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  }
  return before;
}

function jsonUnescaped(text: string): string {
  return text
    .replace(/\\u00([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
    .replace(/\\([/"\\])/g, '$1');
}

/** A place where a secret was found. */
export interface Leak {
  readonly secret: string;
  readonly where: string;
  readonly form: string;
}

/**
 * Searches named texts.
 *
 * @param secrets Name and value.
 */
export function leaksIn(
  places: ReadonlyMap<string, Buffer>,
  secrets: ReadonlyMap<string, string>,
): readonly Leak[] {
  return [...places].flatMap(([where, bytes]) => {
    const views = viewsOf(bytes);
    return [...secrets].flatMap(([secret, value]) =>
      findIn(bytes, views, value).map((form) => ({ secret, where, form })),
    );
  });
}

/** All files below a folder, by path; `skip` leaves some out. */
export function filesBelow(
  folder: string,
  skip: (path: string) => boolean,
): ReadonlyMap<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !skip(path)) files.set(path, readFileSync(path));
  }
  return files;
}
