/**
 * FHIR date search values as intervals of milliseconds. Pure.
 *
 * A value names the whole span of its precision (`2026-03` is all of March); `recorded` is an
 * instant of millisecond precision, hence one point. A value without a time zone is read as UTC.
 *
 * Spec: https://hl7.org/fhir/R4/search.html#date
 */
import type { Interval } from './query.ts';

const shape =
  /^(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d:\d\d)?)?)?)?$/u;

/**
 * Parses one value of `date`, prefix included.
 *
 * @param value For instance `ge2026-03-01` or `2026-03-01T10:00:00+02:00`. Untrusted.
 * @returns The instants that match, as sorted disjoint intervals; undefined for a bad value. `ap`
 *   is refused: "about then" has no meaning that a reviewer could rely on.
 */
export function parseDateValue(value: string): readonly Interval[] | undefined {
  const prefix = /^(eq|ne|lt|gt|le|ge|sa|eb)/u.exec(value)?.[0] ?? '';
  const span = parseSpan(value.slice(prefix.length));
  if (span === undefined) return undefined;
  const below = { fromMs: -Infinity, toMs: span.fromMs - 1 };
  const above = { fromMs: span.toMs + 1, toMs: Infinity };
  switch (prefix as '' | 'eq' | 'ne' | 'lt' | 'gt' | 'le' | 'ge' | 'sa' | 'eb') {
    case '':
    case 'eq':
      return [span];
    case 'ne':
      return [below, above];
    case 'lt':
    case 'eb':
      return [below];
    case 'gt':
    case 'sa':
      return [above];
    case 'le':
      return [{ fromMs: -Infinity, toMs: span.toMs }];
    case 'ge':
      return [{ fromMs: span.fromMs, toMs: Infinity }];
  }
}

/** The span of a date without prefix. */
function parseSpan(text: string): Interval | undefined {
  // A `+` that was not percent-encoded arrives as a space; nothing else can have put one there.
  const parts = shape.exec(text.replace(/ (\d\d:\d\d)$/u, '+$1'));
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction, zone] = parts;
  const fields = [year, month, day, hour, minute, second].map((part) =>
    part === undefined ? undefined : Number(part),
  );
  const [y = 0, mo = 1, d = 1, h = 0, mi = 0, s = 0] = fields;
  const ms = fraction === undefined ? 0 : Number(fraction.padEnd(3, '0'));
  const local = utc(y, mo, d, h, mi, s, ms);
  const offset = offsetMs(zone);
  if (local === undefined || offset === undefined) return undefined;
  const fromMs = local - offset;
  if (fraction !== undefined) return span(fromMs, 10 ** (3 - fraction.length));
  if (second !== undefined) return span(fromMs, 1000);
  if (hour !== undefined) return span(fromMs, 60_000);
  if (day !== undefined) return span(fromMs, 86_400_000);
  const end = month === undefined ? utc(y + 1, 1, 1) : utc(mo === 12 ? y + 1 : y, (mo % 12) + 1, 1);
  return { fromMs, toMs: (end ?? Infinity) - 1 };
}

function span(fromMs: number, lengthMs: number): Interval {
  return { fromMs, toMs: fromMs + lengthMs - 1 };
}

/** Milliseconds since 1970, or undefined when the calendar has no such instant (30 February). */
function utc(y: number, mo: number, d: number, h = 0, mi = 0, s = 0, ms = 0): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(y, mo - 1, d);
  date.setUTCHours(h, mi, s, ms);
  const exact =
    date.getUTCFullYear() === y &&
    date.getUTCMonth() === mo - 1 &&
    date.getUTCDate() === d &&
    h < 24 &&
    mi < 60 &&
    s < 60;
  return exact ? date.getTime() : undefined;
}

function offsetMs(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0;
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  if (hours > 14 || minutes > 59) return undefined;
  return (zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes) * 60_000;
}

/** Instants that lie in both; sorted and disjoint when both arguments are. */
export function intersect(
  left: readonly Interval[],
  right: readonly Interval[],
): readonly Interval[] {
  return left.flatMap((a) =>
    right
      .map((b) => ({ fromMs: Math.max(a.fromMs, b.fromMs), toMs: Math.min(a.toMs, b.toMs) }))
      .filter((both) => both.fromMs <= both.toMs),
  );
}

/** Instants that lie in any of them, as sorted disjoint intervals. */
export function unite(intervals: readonly Interval[]): readonly Interval[] {
  const united: Interval[] = [];
  for (const next of [...intervals].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = united.at(-1);
    if (last === undefined || last.toMs + 1 < next.fromMs) united.push(next);
    else united[united.length - 1] = { ...last, toMs: Math.max(last.toMs, next.toMs) };
  }
  return united;
}
