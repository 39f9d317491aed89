/**
 * The browser of the machine, driven by playwright-core. Only as much of the library is declared as
 * the tests use: its own types need those of a browser.
 */
import { createRequire } from 'node:module';

/** What a page's console said. */
export interface ConsoleMessage {
  type(): string;
  text(): string;
}

/** Elements of a page, found anew at each use. */
export interface Locator {
  click(): Promise<void>;
  fill(value: string): Promise<void>;
  press(key: string): Promise<void>;
  focus(): Promise<void>;
  selectOption(value: string): Promise<unknown>;
  waitFor(options?: { readonly state: 'visible' | 'hidden' }): Promise<void>;
  innerText(): Promise<string>;
  allInnerTexts(): Promise<string[]>;
  getAttribute(name: string): Promise<string | null>;
  inputValue(): Promise<string>;
  isVisible(): Promise<boolean>;
  count(): Promise<number>;
  first(): Locator;
  nth(index: number): Locator;
  locator(selector: string): Locator;
  getByRole(role: string, options?: { readonly name?: string | RegExp }): Locator;
}

/** One tab. */
export interface Page {
  readonly keyboard: { press(key: string): Promise<void>; type(text: string): Promise<void> };
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  goBack(): Promise<unknown>;
  url(): string;
  title(): Promise<string>;
  locator(selector: string): Locator;
  getByLabel(text: string, options?: { readonly exact: boolean }): Locator;
  getByRole(
    role: string,
    options?: { readonly name?: string | RegExp; readonly exact?: boolean },
  ): Locator;
  getByText(text: string | RegExp): Locator;
  /** Runs an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  waitForEvent(name: 'download'): Promise<{
    path(): Promise<string>;
    suggestedFilename(): string;
  }>;
  on(event: 'console', listener: (message: ConsoleMessage) => void): void;
  on(event: 'pageerror', listener: (error: Error) => void): void;
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>;
  screenshot(options: { readonly path: string; readonly fullPage?: boolean }): Promise<unknown>;
}

/** Cookies, storage and permissions of their own. */
export interface Context {
  newPage(): Promise<Page>;
  cookies(): Promise<readonly unknown[]>;
  grantPermissions(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** A running browser. */
export interface Browser {
  newContext(options?: {
    readonly colorScheme?: 'light' | 'dark';
    readonly viewport?: { readonly width: number; readonly height: number };
  }): Promise<Context>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: readonly string[] }): Promise<Browser>;
  };
}

/** Starts Chromium: `CHROMIUM`, or Debian's. The caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const { chromium } = createRequire(import.meta.url)('playwright-core') as Playwright;
  const executablePath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
  return chromium.launch({ executablePath, args: ['--no-sandbox'] });
}
