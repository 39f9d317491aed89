/**
 * What the record says was asked for. A reader may put anything into a URL, a token included, and
 * no credential is ever stored: only what is understood is kept as it came.
 */
import { resultParameters, searchParameters } from '../audit/search/index.ts';

const kept = new Set([...searchParameters.map((parameter) => parameter.name), ...resultParameters]);
const withheld = '[withheld]';
const maxLength = 8192;

/**
 * The query for the record: values of unknown parameters withheld, names of a plain form only.
 *
 * @param raw Query without `?`, still encoded. Untrusted.
 * @param token The bearer token that was presented: withheld wherever it stands.
 */
export function recordedQuery(raw: string, token: string | undefined): string {
  const pairs = raw.split('&').map((pair) => {
    const mark = pair.indexOf('=');
    const [name = ''] = new URLSearchParams(pair).keys();
    const [plain = ''] = name.split(':');
    if (kept.has(plain)) return pair;
    const shown = /^[A-Za-z_][\w.:-]{0,63}$/u.test(name) ? name : withheld;
    return mark < 0 ? shown : `${shown}=${withheld}`;
  });
  return scrub(raw === '' ? '' : pairs.join('&'), token);
}

/** The path for the record; see {@link recordedQuery}. */
export function recordedPath(target: string, token: string | undefined): string {
  // `http://user:password@host/` is no path.
  if (!target.startsWith('/')) return withheld;
  return scrub(target.split('?', 1)[0] ?? '', token);
}

function scrub(text: string, token: string | undefined): string {
  const forms = token === undefined || token.length < 8 ? [] : [token, encodeURIComponent(token)];
  return forms.reduce((left, form) => left.replaceAll(form, withheld), text).slice(0, maxLength);
}
