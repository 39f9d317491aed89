/**
 * Turns what the scanner reports into edits: the URLs of one body that lie under a base. Between
 * `scanner.ts` and the map.
 */
import { createEditList, pushEdit, truncateEdits, type EditList } from './edits.ts';
import { unescaped } from './json-tokens.ts';
import {
  keyCount,
  keyId,
  listedPatchPath,
  listedPatchUrl,
  listedPatchValue,
  listedQuery,
  listedUrl,
  positions,
} from './keys.ts';
import type { Matcher } from './matcher.ts';
import { collectQueryEdits } from './query.ts';
import type { ScanSink } from './scanner.ts';

/** A sink that collects edits; `reset` before each body. */
export interface BodyEditor extends ScanSink {
  readonly edits: EditList;
  reset(bytes: Buffer): void;
}

const notation = { json: true, percent: false };
const valueKey = 'value';

/** The strings of a JSON Patch operation that wait for its `path`. */
interface PatchOperation {
  path: string | undefined;
  readonly waiting: { readonly what: number; readonly start: number; readonly end: number }[];
}

/** Makes an editor for one direction. */
export function createBodyEditor(matcher: Matcher): BodyEditor {
  const edits = createEditList();
  const operation: PatchOperation = { path: undefined, waiting: [] };
  let bytes: Buffer = Buffer.alloc(0);

  const editListed = (what: number, start: number, end: number): void => {
    if (what === listedUrl) editUrl(bytes, start, end, matcher, edits);
    else if (what === listedQuery) collectQueryEdits(bytes, start, end, true, matcher, edits);
  };
  return {
    edits,
    reset(next) {
      bytes = next;
      truncateEdits(edits, 0);
      operation.path = undefined;
      operation.waiting.length = 0;
    },
    listed(what, start, end, isPatch) {
      if (what === listedUrl || what === listedQuery) editListed(what, start, end);
      // Outside a patch these names mean nothing, and nothing would take the list down again.
      else if (!isPatch) return;
      else if (what === listedPatchPath) operation.path = unescaped(bytes, start, end);
      else operation.waiting.push({ what, start, end });
    },
    mark: () => edits.starts.length,
    rollback: (mark) => {
      truncateEdits(edits, mark);
    },
    patchOperationEnded() {
      if (operation.waiting.length > 0) {
        const [parent, key] = patchPosition(operation.path ?? '');
        for (const { what, start, end } of operation.waiting) {
          if (start < (edits.ends.at(-1) ?? 0)) continue;
          if (what === listedPatchValue) editListed(position(parent, key), start, end);
          else if (what === listedPatchUrl) editListed(position(key, 'url'), start, end);
        }
      }
      operation.path = undefined;
      operation.waiting.length = 0;
    },
  };
}

function position(parent: string, key: string): number {
  const what = positions[keyId(parent) * keyCount + keyId(key)] ?? 0;
  // A patch inside a patch has no meaning here.
  return what === listedUrl || what === listedQuery ? what : 0;
}

/** The last two names of a JSON Pointer, indexes left out. RFC 6901. */
function patchPosition(path: string): readonly [parent: string, key: string] {
  const names = path.split('/').filter((name) => name !== '' && !/^(?:\d+|-)$/.test(name));
  return [names.at(-2) ?? ' root', names.at(-1) ?? valueKey];
}

function editUrl(
  bytes: Buffer,
  start: number,
  end: number,
  matcher: Matcher,
  edits: EditList,
): void {
  const matched = matcher.match(bytes, start, end, notation);
  if (matched >= 0) pushEdit(edits, start, matched, matcher.replacement(bytes));
  for (let at = matched >= 0 ? matched : start; at < end; at++) {
    const byte = bytes[at];
    if (byte === 0x3f) {
      collectQueryEdits(bytes, at + 1, end, true, matcher, edits);
      return;
    }
    // The query of a URL on another host is not ours to change.
    if (byte === 0x3a && matched < 0) return;
  }
}
