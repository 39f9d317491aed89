/**
 * The page that posts a long authorization request to the real endpoint: by a script, or by a
 * button where scripts are off. Everything in it is escaped; nothing is loaded.
 *
 * Spec: Content Security Policy Level 3; OAuth 2.0 Form Post Response Mode 1.0 (the same idea).
 */
import { createHash } from 'node:crypto';
import { valuesOf, type RawParameter } from './raw-parameters.ts';

/** A page and the header that fences it in. */
export interface SubmitPage {
  readonly html: Uint8Array;
  /** `Content-Security-Policy`. */
  readonly policy: string;
}

// A field named "submit" hides the method of its form.
const script = 'HTMLFormElement.prototype.submit.call(document.forms[0])';
const scriptHash = createHash('sha256').update(script).digest('base64');

/** @param action Authorization endpoint with the query of the request. */
export function submitPage(action: string, fields: readonly RawParameter[]): SubmitPage {
  const inputs = fields
    .filter(({ raw }) => raw !== '')
    .map(
      ({ name, value }) =>
        `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
    );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Signing in</title></head>
<body><form method="post" accept-charset="utf-8" action="${escaped(action)}">
${inputs.join('\n')}
<p>You are being sent to the sign-in page.</p>
<button type="submit">Continue</button>
</form><script>${script}</script></body></html>
`;
  return {
    html: Buffer.from(html, 'utf8'),
    policy: [
      "default-src 'none'",
      `script-src 'sha256-${scriptHash}'`,
      `form-action ${[new URL(action).origin, ...originsOf(fields)].join(' ')}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  };
}

/** Some browsers hold a form to its policy through redirects: at its end stands the app. */
function originsOf(fields: readonly RawParameter[]): readonly string[] {
  const redirect = valuesOf(fields, 'redirect_uri')[0];
  const url = redirect === undefined ? null : URL.parse(redirect);
  if (url === null) return [];
  return /^https?:$/.test(url.protocol) ? [url.origin] : [url.protocol];
}

function escaped(text: string): string {
  return text.replace(/[&<>"'\r\n]/g, (character) => `&#${String(character.charCodeAt(0))};`);
}
