/**
 * The clinic's calendar: whole days as numbers, so that "six weeks later" is an addition. Times are
 * UTC throughout.
 */

/** Days since 1970-01-01. */
export type Day = number;

const dayMs = 86_400_000;

/** @param date `YYYY-MM-DD` */
export function dayOf(date: string): Day {
  return Math.floor(Date.parse(`${date}T00:00:00Z`) / dayMs);
}

/** `YYYY-MM-DD` */
export function dateOf(day: Day): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** The year of a day. */
export function yearOf(day: Day): number {
  return Number(dateOf(day).slice(0, 4));
}

/** ISO 8601 in UTC. @param minute Minutes after midnight. */
export function instantOf(day: Day, minute: number): string {
  return `${new Date(day * dayMs + minute * 60_000).toISOString().slice(0, 19)}Z`;
}

const closed = ['12-25', '12-26', '01-01'];

/** The same day, or the first one after it on which the clinic is open. */
export function workday(day: Day): Day {
  // 1970-01-01 was a Thursday: 4 with Sunday as 0.
  const weekday = (day + 4) % 7;
  const isOpen = weekday !== 0 && weekday !== 6 && !closed.includes(dateOf(day).slice(5));
  return isOpen ? day : workday(day + 1);
}

/** Age in years with fractions. */
export function ageAt(birthDate: string, day: Day): number {
  return (day - dayOf(birthDate)) / 365.25;
}

/** From 0 at `from` to 1 after `days`: how far a change has gone. */
export function ramp(from: Day, day: Day, days: number): number {
  return Math.min(1, Math.max(0, (day - from) / days));
}

/** First day that visits are on file for. */
export const historyBegins = dayOf('2023-12-04');
/** Last day of the history; the next day is the one on which the demo plays. */
export const historyEnds = dayOf('2026-11-24');
/** The day of the encounters in progress. */
export const today = dayOf('2026-11-25');
