/** Text as people look for it: whatever the case and the accents. */

/** Lower case, without accents: how FHIR compares strings unless told `:exact`. */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}

/** Whether a text holds every word of a search; an empty search is in every text. */
export function holdsWords(text: string, search: string): boolean {
  const plain = folded(text);
  return folded(search)
    .split(/\s+/)
    .every((word) => plain.includes(word));
}
