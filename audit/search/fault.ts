/** The one error class of the search store. */

/** Everything that can go wrong with a search that was itself well formed. */
export type SearchFaultCode =
  /** The index had not reached the wanted ledger size in time. Worth another try. */
  | 'SEARCH_BEHIND'
  /** Too many searches are waiting. Worth another try. */
  | 'SEARCH_BUSY'
  /** A condition fits too many distinct values: it must say more. */
  | 'SEARCH_TOO_BROAD'
  /** The worker or its file failed; the next request starts a new worker. */
  | 'SEARCH_FAILED'
  | 'SEARCH_CLOSED';

/**
 * We fail: a search could not be answered. Never means that the ledger lacks anything: the index
 * is derived and can be rebuilt. The message is a constant sentence; `cause` never leaves the
 * process.
 */
export class SearchFault extends Error {
  override readonly name = 'SearchFault';
  readonly code: SearchFaultCode;

  constructor(fields: { code: SearchFaultCode; message: string; cause?: unknown }) {
    super(fields.message, fields.cause === undefined ? undefined : { cause: fields.cause });
    this.code = fields.code;
  }
}

const messages: Readonly<Record<SearchFaultCode, string>> = {
  SEARCH_BEHIND: 'The search index has not caught up with the ledger.',
  SEARCH_BUSY: 'Too many searches are waiting.',
  SEARCH_TOO_BROAD: 'A condition of the search fits too many distinct values.',
  SEARCH_FAILED: 'The search index could not answer.',
  SEARCH_CLOSED: 'The search is closed.',
};

/** The fault of a code, with its sentence. */
export function searchFault(code: SearchFaultCode, cause?: unknown): SearchFault {
  return new SearchFault({ code, message: messages[code], cause });
}
