/** Loads a module of the review page, which is plain JavaScript; the caller says what it exports. */
export async function pageModule<T>(name: string): Promise<T> {
  const url = new URL(`../../review/page/${name}.js`, import.meta.url);
  return (await import(url.href)) as T;
}
