/** The search over the record: see `search.ts`. */
export { SearchFault } from './fault.ts';
export type { SearchFaultCode } from './fault.ts';
export { parseSearch, searchParameters } from './parse-search.ts';
export type {
  ParameterDeclaration,
  ParsedSearch,
  ParseOptions,
  SearchIssue,
} from './parse-search.ts';
export { defaultCount, maxCount } from './query.ts';
export type { Hit, SearchPage, SearchQuery } from './query.ts';
export { openSearch } from './search.ts';
export type { Search, SearchOptions } from './search.ts';
