/** Text without case and accents, for comparing as FHIR string searches do. Pure. */

/** `Zoë NUÑEZ` becomes `zoe nunez`. Does NOT trim, and keeps punctuation and spaces. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
