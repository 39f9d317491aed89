/** Loads a module of the app's page, which is plain JavaScript; the caller says what it exports. */
export async function pageModule<T>(name: string): Promise<T> {
  const url = new URL(`../../../sample/app/page/${name}.js`, import.meta.url);
  return (await import(url.href)) as T;
}
