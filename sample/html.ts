/** HTML as a value: text that is put into a template is escaped, HTML is not. */

/** Finished HTML. Made by {@link html} only. */
export interface Html {
  readonly kind: 'html';
  readonly text: string;
}

/** What can be put into a template. */
export type Part = string | Html | readonly Html[] | undefined;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, also between quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (found) => entities[found] ?? '');
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (typeof part === 'string') return escapeHtml(part);
  return 'kind' in part ? part.text : part.map(({ text }) => text).join('');
}

/** Template tag. Attributes must stand in double quotes. */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const text = fixed.map((piece, index) => piece + textOf(parts[index])).join('');
  return { kind: 'html', text };
}
