// @ts-check
/** Instants, outcomes and numbers in words. Pure. */

/**
 * @param {string} at ISO 8601.
 * @returns {string} `2026-11-25 10:00:00`, UTC; the text itself when it is no instant.
 */
export function instantText(at) {
  const instant = new Date(at);
  return Number.isNaN(instant.getTime())
    ? at
    : instant.toISOString().slice(0, 19).replace('T', ' ');
}

/**
 * How an outcome is shown: never by colour alone.
 *
 * @param {unknown} code Of AuditEvent.outcome.
 * @returns {{ name: string, sign: string, tone: string }}
 */
export function outcomeShown(code) {
  switch (code) {
    case '0':
      return { name: 'Allowed', sign: '✓', tone: 'well' };
    case '4':
      return { name: 'In part', sign: '◐', tone: 'part' };
    case '8':
      return { name: 'Refused', sign: '✕', tone: 'bad' };
    case '12':
      return { name: 'Failed', sign: '!', tone: 'bad' };
  }
  return { name: 'Not stated', sign: '?', tone: 'part' };
}

/**
 * @param {number} count
 * @param {string} one `record`, of which the plural has an s.
 */
export function counted(count, one) {
  return `${count.toLocaleString('en')} ${one}${count === 1 ? '' : 's'}`;
}

/**
 * How many events are shown, of how many.
 *
 * @param {{ shown: number, total: number | undefined, isMore: boolean, isOldestFirst: boolean }} found
 */
export function foundText({ shown, total, isMore, isOldestFirst }) {
  const [first, others] = isOldestFirst ? ['oldest', 'newer'] : ['newest', 'older'];
  if (shown === 0) {
    return total === undefined || total === 0
      ? 'No event matches this search.'
      : `${counted(total, 'event')} in all; none asked for.`;
  }
  if (!isMore) return `${counted(shown, 'event')}, ${first} first. That is all.`;
  return total === undefined
    ? `The ${first} ${counted(shown, 'event')}; there are ${others} ones.`
    : `The ${first} ${shown.toLocaleString('en')} of ${counted(total, 'event')}.`;
}
