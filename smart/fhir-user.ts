/**
 * Normalises references to people and to launch context that tokens carry. Pure.
 *
 * Spec: SMART App Launch 2.2 "fhirUser"; FHIR R4 references (http.html#general, ids).
 */

const reference =
  /^(?<base>(?:https?|HTTPS?):\/\/.*\/)?(?<type>[A-Z][A-Za-z]+)\/(?<id>[A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

// https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html#scopes-for-requesting-identity-data
const userTypes: ReadonlySet<string> = new Set([
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'RelatedPerson',
  'Person',
]);

/**
 * A `fhirUser` as reference: relative when it is under one of the upstream's bases.
 *
 * @param upstreamBases FHIR bases of the upstream; a trailing slash does not matter.
 * @returns undefined for anything that is not a reference to one of the five types of users.
 */
export function normaliseFhirUser(
  value: string | undefined,
  upstreamBases: readonly string[],
): string | undefined {
  const groups = value === undefined ? undefined : reference.exec(value)?.groups;
  const type = groups?.['type'];
  const id = groups?.['id'];
  if (type === undefined || id === undefined || !userTypes.has(type)) return undefined;
  const base = groups?.['base'];
  if (base === undefined || upstreamBases.some((upstream) => isSameBase(base, upstream))) {
    return `${type}/${id}`;
  }
  return `${base}${type}/${id}`;
}

/**
 * The logical id in a launch context value: bare, or in a reference to `type`.
 *
 * @returns undefined for anything that cannot be a logical id.
 */
export function logicalId(value: string | undefined, type: string): string | undefined {
  if (value === undefined) return undefined;
  if (/^[A-Za-z0-9\-.]{1,64}$/.test(value)) return value;
  const groups = reference.exec(value)?.groups;
  return groups?.['type'] === type ? groups['id'] : undefined;
}

function isSameBase(left: string, right: string): boolean {
  // `URL` settles what is equal by RFC 3986: case of scheme and host, the default port.
  const parsed = [left, right].map((base) => URL.parse(base)?.href.replace(/\/+$/, ''));
  return parsed[0] !== undefined && parsed[0] === parsed[1];
}
