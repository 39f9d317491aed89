/**
 * Reads a JSON body in one pass: checks it, keeps what the record needs, finds the strings that may
 * hold a URL to rewrite. Equal to `JSON.parse` and the URL scanner wherever it answers at all, which
 * tests show; it answers for nearly every body.
 */
import { isUtf8 } from 'node:buffer';
import { createScanMachine, type ScanMachine, type ScanResult } from './machine.ts';
import { scanKeys } from './positions.ts';

/** What a scan found in a body that is valid JSON, no listed key standing twice in an object. */
export interface ScannedBody {
  /** The body's value with the positions of `bodyPositions` alone. */
  readonly json: unknown;
  /** Strings that may hold a URL: start, end (bytes, without quotes), 1 for a query else 0. */
  readonly urls: readonly number[];
}

/** Scans a body; undefined when `JSON.parse` must decide. Never throws. */
export type BodyScan = (bytes: Uint8Array) => ScannedBody | undefined;

// As in `wasm/scan.ts`.
const openObject = 1;
const openArray = 2;
const close = 3;
const plainString = 4;
const otherString = 5;
const literal = 6;
const queryString = 8;

/** The memory of the machine that is kept does not grow beyond what this takes. */
const largeBytes = 1024 * 1024;

/** Makes a scan with a machine of its own. */
export function createBodyScan(): BodyScan {
  const machine = createScanMachine();
  return (bytes) => {
    if (!isUtf8(bytes)) return undefined;
    const scan: ScanMachine = bytes.length > largeBytes ? createScanMachine() : machine;
    const result = scan(bytes);
    return result === undefined ? undefined : readTape(result, asBuffer(bytes));
  };
}

type Container = Record<string, unknown> | unknown[];

function readTape({ tape, kept }: ScanResult, bytes: Buffer): ScannedBody {
  const urls: number[] = [];
  const stack: Container[] = [];
  let open: Container | undefined;
  let json: unknown;
  const put = (key: number, value: unknown): void => {
    if (open === undefined) json = value;
    else if (Array.isArray(open)) open.push(value);
    else open[scanKeys[key] as string] = value;
  };
  for (let i = 0; i < tape.length; i += 3) {
    const word = tape[i] as number;
    const key = Math.trunc(word / 256);
    const start = tape[i + 1] as number;
    const end = tape[i + 2] as number;
    const kind = word % 256;
    if (kind === plainString) put(key, kept.slice(start, end));
    else if (kind === close) open = stack.pop();
    else if (kind === openObject || kind === openArray) {
      const container: Container = kind === openObject ? {} : [];
      put(key, container);
      if (open !== undefined) stack.push(open);
      open = container;
    } else if (kind === otherString) {
      put(key, JSON.parse(`"${bytes.toString('utf8', start, end)}"`));
    } else if (kind === literal) put(key, JSON.parse(bytes.toString('latin1', start, end)));
    else urls.push(start, end, kind === queryString ? 1 : 0);
  }
  return { json, urls };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
