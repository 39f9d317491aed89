/** What of accessibility can be told from the page's files: contrast, labels, headings, focus. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string): string =>
  readFileSync(new URL(`../../review/page/${name}`, import.meta.url), 'utf8');
const css = read('style.css');
const html = read('index.html');

/** The palette of the light scheme, or of the dark one. */
function palette(scheme: 'light' | 'dark'): ReadonlyMap<string, string> {
  const [light = '', dark = ''] = css.split('@media (prefers-color-scheme: dark)');
  const block = scheme === 'light' ? light : (dark.split('\n}')[0] ?? '');
  return new Map(
    [...block.matchAll(/--([a-z-]+): (#[0-9a-f]{6});/gu)].map(([, name = '', value = '']) => [
      name,
      value,
    ]),
  );
}

/** https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

describe.each(['light', 'dark'] as const)('in the %s scheme', (scheme) => {
  const colors = palette(scheme);
  const between = (text: string, ground: string): number =>
    contrast(colors.get(text) ?? '', colors.get(ground) ?? '');

  it('has every color', () => {
    expect(colors.size).toBe(palette('light').size);
    expect(colors.size).toBeGreaterThan(12);
  });

  it.each([
    ...['text', 'muted', 'link', 'bad', 'well', 'part'].map((text) => [text, 'surface'] as const),
    ...['text', 'muted', 'link'].map((text) => [text, 'ground'] as const),
    ['well', 'well-ground'],
    ['part', 'part-ground'],
    ['bad', 'bad-ground'],
    ['on-accent', 'accent'],
  ] as const)('%s can be read on %s', (text, ground) => {
    expect(between(text, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it.each([
    ['control', 'surface'],
    ['focus', 'surface'],
    ['focus', 'ground'],
  ] as const)('%s can be made out on %s', (line, ground) => {
    expect(between(line, ground)).toBeGreaterThanOrEqual(3);
  });
});

describe('the contrast of black and white', () => {
  it('is 21', () => {
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
  });
});

describe('the page', () => {
  it('says its language and has a title', () => {
    expect(html).toMatch(/<html lang="en">/);
    expect(html).toMatch(/<title>[^<]+<\/title>/);
  });

  it('has a label for every control', () => {
    const controls = [...html.matchAll(/<(?:input|select)\s[^>]*?id="([a-z-]+)"/gu)];
    expect(controls).toHaveLength(8);
    for (const [, id = ''] of controls) expect(html).toContain(`<label for="${id}">`);
  });

  it('describes controls by what is there', () => {
    for (const [, ids = ''] of html.matchAll(/aria-(?:describedby|labelledby)="([^"]+)"/gu)) {
      for (const id of ids.split(' ')) expect(html).toContain(`id="${id}"`);
    }
  });

  it('has one first heading, and skips no level', () => {
    const levels = [...html.matchAll(/<h([1-6])/gu)].map(([, level]) => Number(level));
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.forEach((level, i) => {
      expect(level - (levels[i - 1] ?? 0)).toBeLessThanOrEqual(1);
    });
  });

  it('has landmarks, a way past the head, and scripts and styles of its own only', () => {
    for (const tag of ['<header', '<main', '<footer', 'class="skip"', 'role="search"']) {
      expect(html).toContain(tag);
    }
    expect(html).not.toMatch(/https?:|\son[a-z]+=|<style|style="|<script>/);
  });

  it('shows where the focus is, and moves nothing for those who ask for that', () => {
    expect(css).toMatch(/:focus-visible \{\s+outline: 3px solid var\(--focus\)/);
    const still = css.split('@media (prefers-reduced-motion: no-preference)')[0] ?? '';
    expect(still).not.toMatch(/transition|animation/);
  });
});
