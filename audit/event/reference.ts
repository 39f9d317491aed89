/**
 * Reads one reference, URL or identifier that others wrote and tells whether it names a Patient, in
 * the one spelling that the record uses (`Patient/1` below the upstream's base).
 *
 * Spec: FHIR R4 references.html; bundle.html "Resolving references".
 */
import { isObject, stringAt, type Identifier, type JsonObject } from './fhir.ts';
import { fitText, fitUri, relativeReference } from './text.ts';
import { decodeText, parseParameters } from './url.ts';

/** What a reference text points at, as far as patients are concerned. */
export type Target =
  | { readonly kind: 'patient'; readonly reference: string }
  /** `Patient?identifier=...`: a conditional reference. */
  | { readonly kind: 'identifier'; readonly identifier: Identifier }
  | { readonly kind: 'contained'; readonly id: string }
  | { readonly kind: 'urn'; readonly urn: string }
  | { readonly kind: 'other' };

const other: Target = { kind: 'other' };

/** `system|value`, `|value` or `value`, as in a search parameter. */
export function parseToken(token: string): Identifier | undefined {
  const at = token.indexOf('|');
  const value = fitText(token.slice(at + 1)).trim();
  if (value === '') return undefined;
  return at > 0 ? { system: fitUri(token.slice(0, at)), value } : { value };
}

/**
 * Reads a reference text.
 *
 * @param text As in `Reference.reference`, `Bundle.link`, `Location` or a search value. Untrusted.
 * @param base FHIR base of the upstream, without trailing slash.
 */
export function readReference(text: string, base: string): Target {
  if (text.startsWith('Patient/')) return patientTarget(text, '');
  if (text.startsWith('#')) return { kind: 'contained', id: text.slice(1) };
  if (/^urn:\S/.test(text)) return { kind: 'urn', urn: text };
  if (text.startsWith(`${base}/`)) return patientTarget(text.slice(base.length + 1), '');
  if (text.startsWith('/Patient/')) return patientTarget(text.slice(1), '');
  if (text.startsWith('Patient?')) {
    for (const { name, value } of parseParameters(text.slice('Patient?'.length))) {
      const identifier = name === 'identifier' ? parseToken(value) : undefined;
      if (identifier !== undefined) return { kind: 'identifier', identifier };
    }
    return other;
  }
  const at = text.lastIndexOf('/Patient/');
  return at > 0 && /^https?:\/\//i.test(text)
    ? patientTarget(text.slice(at + 1), text.slice(0, at + 1))
    : other;
}

function patientTarget(relative: string, prefix: string): Target {
  if (!relative.startsWith('Patient/')) return other;
  const id = /^[^/?#]+/.exec(relative.slice('Patient/'.length))?.[0];
  if (id === undefined || /^[$_*]/.test(id)) return other;
  const reference = relativeReference('Patient', decodeText(id));
  return { kind: 'patient', reference: `${fitUri(prefix)}${reference}` };
}

/** The identifier of a JSON `Identifier`; undefined when it has no value. */
export function readIdentifier(json: unknown): Identifier | undefined {
  if (!isObject(json)) return undefined;
  const value = stringAt(json, 'value');
  const fitted = value === undefined ? '' : fitText(value).trim();
  if (fitted === '') return undefined;
  const system = stringAt(json, 'system');
  return system === undefined ? { value: fitted } : { system: fitUri(system), value: fitted };
}

function typeCodes(identifier: JsonObject): readonly unknown[] {
  const type = identifier['type'];
  const codings = isObject(type) ? type['coding'] : undefined;
  return Array.isArray(codings)
    ? codings.map((coding: unknown) => (isObject(coding) ? coding['code'] : undefined))
    : [];
}

/**
 * All identifiers of a Patient that the record may hold, the medical record number first. Social
 * security numbers are left out: an identifier of the patient, but none of the hospital's.
 */
export function patientIdentifiers(patient: JsonObject): readonly Identifier[] {
  const list = patient['identifier'];
  if (!Array.isArray(list)) return [];
  const first: Identifier[] = [];
  const rest: Identifier[] = [];
  for (const json of list as readonly unknown[]) {
    const identifier = readIdentifier(json);
    if (identifier === undefined || !isObject(json)) continue;
    const codes = typeCodes(json);
    if (codes.includes('SS') || identifier.system === 'http://hl7.org/fhir/sid/us-ssn') continue;
    (codes.includes('MR') ? first : rest).push(identifier);
  }
  return [...first, ...rest];
}

/** Type, id and version in a `Location` or `Content-Location`; undefined when it has none. */
export function readLocation(
  location: string | undefined,
): { readonly type: string; readonly id: string; readonly versionId?: string } | undefined {
  if (location === undefined) return undefined;
  const match = /(?:^|\/)([A-Z][A-Za-z]+)\/([^/?#\s]+)(?:\/_history\/([^/?#\s]+))?$/.exec(location);
  const [, type, id, versionId] = match ?? [];
  if (type === undefined || id === undefined || /^[$_*]/.test(id)) return undefined;
  return versionId === undefined ? { type, id } : { type, id, versionId };
}
