/** What an error of SQLite or of the file system means for the ledger. */

/** Code of an error of SQLite or Node (`SQLITE_FULL`, `ENOSPC`); empty for any other. */
export function sqliteCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

/** True when there was no room, and therefore nothing was committed. */
export function isDiskFull(error: unknown): boolean {
  return ['SQLITE_FULL', 'ENOSPC', 'EDQUOT'].includes(sqliteCode(error));
}
