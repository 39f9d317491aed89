/**
 * The compiled scan (`wasm/scan.ts`) with its memory and its tables. One at work at a time; a text
 * that is large gets a machine of its own, since the memory of one never shrinks.
 */
import { scanModule } from './module.ts';
import { scanKeys, scanPositions } from './positions.ts';
import { keyId, rootKey } from '../urls/keys.ts';

interface ScanExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly TEXT: { readonly value: number };
  setKeys(root: number, signature: number): void;
  addKey(length: number, id: number): void;
  setAction(parent: number, key: number, action: number): void;
  reserve(length: number, tapeBytes: number): number;
  scan(length: number): number;
  keptBegin(): number;
  keptEnd(): number;
  tapeBegin(): number;
  tapeEnd(): number;
}

/** What a scan leaves behind; valid until the next one. */
export interface ScanResult {
  /** Three words an entry: see `wasm/scan.ts`. */
  readonly tape: Uint32Array;
  /** The kept plain strings, one after the other. */
  readonly kept: string;
}

/**
 * Scans one text.
 *
 * @param bytes Valid UTF-8.
 * @returns Undefined when the scan is not sure of the text.
 */
export type ScanMachine = (bytes: Uint8Array) => ScanResult | undefined;

/** As far as it is needed: the types of Node do not have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => CompiledModule;
  readonly Instance: new (module: CompiledModule) => { readonly exports: unknown };
};

type CompiledModule = object;

const wordBytes = 4;
const longestKey = 24;
/** Texts of FHIR need about a seventh of their own size as tape; the densest more than once. */
const tapeTimes = 2;
const tapeBase = 4096;

let compiled: CompiledModule | undefined;

/** Makes a machine; the first one compiles. */
export function createScanMachine(): ScanMachine {
  compiled ??= new WebAssembly.Module(Buffer.from(scanModule, 'base64'));
  const scan = new WebAssembly.Instance(compiled).exports as ScanExports;
  const text = scan.TEXT.value;
  fillTables(scan, text);
  let memory = new Uint8Array(scan.memory.buffer);
  return (bytes) => {
    if (scan.reserve(bytes.length, tapeTimes * bytes.length + tapeBase) === 0) return undefined;
    // Growing detaches what was there before.
    if (memory.buffer !== scan.memory.buffer) memory = new Uint8Array(scan.memory.buffer);
    memory.set(bytes, text);
    if (scan.scan(bytes.length) === 0) return undefined;
    const begin = scan.tapeBegin();
    const keptBegin = scan.keptBegin();
    return {
      tape: new Uint32Array(scan.memory.buffer, begin, (scan.tapeEnd() - begin) / wordBytes),
      kept: Buffer.from(scan.memory.buffer, keptBegin, scan.keptEnd() - keptBegin).toString(
        'latin1',
      ),
    };
  };
}

function fillTables(scan: ScanExports, text: number): void {
  scan.reserve(longestKey, 0);
  const memory = new Uint8Array(scan.memory.buffer);
  scan.setKeys(rootKey, keyId('signature'));
  for (const [number, name] of scanKeys.entries()) {
    if (number <= rootKey) continue;
    const bytes = Buffer.from(name);
    if (bytes.length > longestKey) throw new Error(`a key is too long for the scan: ${name}`);
    memory.fill(0, text, text + longestKey);
    memory.set(bytes, text);
    scan.addKey(bytes.length, number);
  }
  for (const { parent, key, action } of scanPositions()) scan.setAction(parent, key, action);
}
