/** Replacements in a byte array, collected in order and applied in one copy. */

/** A list that is filled again for each body; ends and starts are byte offsets. */
export interface EditList {
  readonly starts: number[];
  readonly ends: number[];
  readonly texts: Buffer[];
}

/** An empty list. */
export function createEditList(): EditList {
  return { starts: [], ends: [], texts: [] };
}

/** Adds a replacement. */
export function pushEdit(edits: EditList, start: number, end: number, text: Buffer): void {
  edits.starts.push(start);
  edits.ends.push(end);
  edits.texts.push(text);
}

/** Forgets all replacements from number `count` on. */
export function truncateEdits(edits: EditList, count: number): void {
  edits.starts.length = count;
  edits.ends.length = count;
  edits.texts.length = count;
}

/** The bytes with all replacements done; the same array when there are none. */
export function applyEdits(bytes: Uint8Array, edits: EditList): Uint8Array {
  const count = edits.starts.length;
  if (count === 0) return bytes;
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let length = bytes.length;
  for (let i = 0; i < count; i++) {
    length +=
      (edits.texts[i] as Buffer).length - (edits.ends[i] as number) + (edits.starts[i] as number);
  }
  // Not from the shared pool: the result may be held for long and must not pin 8 KiB of others.
  const result = Buffer.allocUnsafeSlow(length);
  let to = 0;
  let from = 0;
  for (let i = 0; i < count; i++) {
    const text = edits.texts[i] as Buffer;
    to += source.copy(result, to, from, edits.starts[i]);
    to += text.copy(result, to);
    from = edits.ends[i] as number;
  }
  source.copy(result, to, from);
  return result;
}
