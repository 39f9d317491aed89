/** The search over the record: see `search.ts`. */
export { SearchFault } from './fault.ts';
export { resultParameters, searchParameters } from './parameters.ts';
export { parseSearch } from './parse-search.ts';
export type { SearchIssue } from './parse-search.ts';
export type { Hit, SearchPage, SearchQuery } from './query.ts';
export { indexFileName, rebuildIndex } from './rebuild.ts';
export type { RebuildProgress, RebuildResult } from './rebuild.ts';
export { openSearch } from './search.ts';
export type { Search } from './search-options.ts';
