/**
 * Dates and numbers as ranges: `2026-11` is a month, `5.4` is anything that rounds to it. The
 * prefixes of FHIR search compare the range of a resource with the range that was asked for.
 *
 * Spec: FHIR R4 search, 3.1.1.4.5 "Prefixes", 3.1.1.4.7 "date".
 */

/** Half-open: `from` is in it, `to` is not. Milliseconds, or plain numbers. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const;

/** How two ranges are compared. */
export type Prefix = (typeof prefixes)[number];

/** Takes the prefix off a search value; `eq` when it has none. */
export function splitPrefix(value: string): readonly [Prefix, string] {
  const found = prefixes.find((prefix) => value.startsWith(prefix));
  return found === undefined ? ['eq', value] : [found, value.slice(2)];
}

/** Whether `having` (of the resource) is to `asked` as the prefix says. */
export function compare(prefix: Prefix, having: Range, asked: Range): boolean {
  switch (prefix) {
    case 'eq':
      return having.from >= asked.from && having.to <= asked.to;
    case 'ne':
      return !compare('eq', having, asked);
    case 'gt':
      return having.to > asked.to;
    case 'lt':
      return having.from < asked.from;
    case 'ge':
      return having.to > asked.to || compare('eq', having, asked);
    case 'le':
      return having.from < asked.from || compare('eq', having, asked);
    case 'sa':
      return having.from >= asked.to;
    case 'eb':
      return having.to <= asked.from;
    case 'ap':
      return having.from < asked.to && having.to > asked.from;
  }
}

const dateForm =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/;

/** A date, dateTime or instant; without a zone it is taken as UTC. Undefined: it is none. */
export function dateRange(text: string): Range | undefined {
  // In a query a "+" of the zone may have become a space.
  const parts = dateForm.exec(text.replace(' ', '+'));
  if (parts === null) return undefined;
  const [, year = '', month, day, hour, minute, second, fraction, zone = 'Z'] = parts;
  const start = Date.parse(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${(fraction ?? '').slice(0, 3).padEnd(3, '0')}${zone}`,
  );
  if (Number.isNaN(start)) return undefined;
  const end = new Date(start);
  if (month === undefined) end.setUTCFullYear(end.getUTCFullYear() + 1);
  else if (day === undefined) end.setUTCMonth(end.getUTCMonth() + 1);
  else return { from: start, to: start + widthMs(hour, second, fraction) };
  return { from: start, to: end.getTime() };
}

function widthMs(hour?: string, second?: string, fraction?: string): number {
  if (hour === undefined) return 86_400_000;
  if (second === undefined) return 60_000;
  return fraction === undefined ? 1000 : 1;
}

/** A number with the precision in which it is written. Undefined: it is none. */
export function numberRange(text: string): Range | undefined {
  if (!/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const decimals = (mantissa.split('.')[1] ?? '').length;
  const half = 0.5 * 10 ** (Number(exponent) - decimals);
  return { from: value - half, to: value + half };
}
