/** The search over the record: see `search.ts`. */
export { SearchFault } from './fault.ts';
export { parseSearch, searchParameters } from './parse-search.ts';
export type { SearchIssue } from './parse-search.ts';
export type { Hit, SearchPage, SearchQuery } from './query.ts';
export { openSearch } from './search.ts';
export type { Search } from './search.ts';
