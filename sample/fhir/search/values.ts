/**
 * The elements that a search parameter looks at, in the form in which they are compared: tokens,
 * strings, references, dates, quantities. Told apart by their shape, as types are not loaded.
 */
import { dateRange, type Range } from './range.ts';

/** A code or identifier. `system` undefined: it has none, or a `code` element's is implied. */
export interface Token {
  readonly system: string | undefined;
  readonly value: string;
  readonly implied: boolean;
}

/** A quantity as compared; a bare number has no unit. */
export interface Amount {
  readonly value: number;
  readonly system: string | undefined;
  readonly code: string | undefined;
  readonly unit: string | undefined;
}

type Element = Readonly<Record<string, unknown>>;

const isElement = (value: unknown): value is Element =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** Tokens of a code, boolean, Coding, CodeableConcept, Identifier or ContactPoint. */
export function tokensOf(value: unknown): readonly Token[] {
  if (typeof value === 'string' || typeof value === 'boolean') {
    return [{ system: undefined, value: String(value), implied: true }];
  }
  if (!isElement(value)) return [];
  if (Array.isArray(value['coding'])) return value['coding'].flatMap(tokensOf);
  const code = text(value['code']) ?? text(value['value']);
  if (code === undefined) return [];
  return [{ system: text(value['system']), value: code, implied: false }];
}

/** What a person reads in a coded element: texts and displays. */
export function textsOf(value: unknown): readonly string[] {
  if (!isElement(value)) return [];
  const codings = Array.isArray(value['coding']) ? value['coding'].flatMap(textsOf) : [];
  const type = isElement(value['type']) ? textsOf(value['type']) : [];
  return [...strings(value, ['text', 'display']), ...codings, ...type];
}

const nameParts = ['family', 'given', 'prefix', 'suffix', 'text'];
const addressParts = ['line', 'city', 'district', 'state', 'postalCode', 'country'];

/** Strings of a string, HumanName or Address. */
export function stringsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return isElement(value) ? strings(value, [...nameParts, ...addressParts]) : [];
}

function strings(value: Element, keys: readonly string[]): readonly string[] {
  return keys.flatMap((key) => {
    const found = value[key];
    return (Array.isArray(found) ? found : [found]).filter((item) => typeof item === 'string');
  });
}

/** The reference of a Reference, or a canonical URL; without the version of the resource. */
export function referenceOf(value: unknown): string | undefined {
  const reference = isElement(value) ? text(value['reference']) : text(value);
  return reference?.replace(/\/_history\/[^/]*$/, '');
}

/** `identifier` of a Reference. */
export function referenceIdentifiers(value: unknown): readonly Token[] {
  return isElement(value) ? tokensOf(value['identifier']) : [];
}

/** Ranges of a date, dateTime, instant, Period or Timing. */
export function datesOf(value: unknown): readonly Range[] {
  if (typeof value === 'string') {
    const range = dateRange(value);
    return range === undefined ? [] : [range];
  }
  if (!isElement(value)) return [];
  if (Array.isArray(value['event'])) return value['event'].flatMap(datesOf);
  const start = text(value['start']);
  const end = text(value['end']);
  if (start === undefined && end === undefined) return [];
  return [
    {
      from: start === undefined ? -Infinity : (dateRange(start)?.from ?? -Infinity),
      to: end === undefined ? Infinity : (dateRange(end)?.to ?? Infinity),
    },
  ];
}

/** Quantities of a number or Quantity. */
export function amountsOf(value: unknown): readonly Amount[] {
  if (typeof value === 'number') {
    return [{ value, system: undefined, code: undefined, unit: undefined }];
  }
  if (!isElement(value) || typeof value['value'] !== 'number') return [];
  return [
    {
      value: value['value'],
      system: text(value['system']),
      code: text(value['code']),
      unit: text(value['unit']),
    },
  ];
}
