/** What a person sees when a request cannot be answered by sending the browser back to the app. */
import { html } from '../../html.ts';
import { layout } from './layout.ts';

/** @param error OAuth error code. @param description A sentence of ours about it. */
export function errorPage(error: string, description: string): string {
  return layout(
    'This cannot go on',
    html`<p>${description === '' ? 'The request was refused.' : description}</p>
      <p class="detail">Error: <code>${error}</code></p>
      <p>Go back to the app and start again.</p>`,
  );
}
