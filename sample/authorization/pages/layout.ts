/**
 * The frame of every page of the authorization server: one style sheet, no scripts, nothing from
 * elsewhere, and a policy that says so.
 */
import { createHash } from 'node:crypto';
import { html, type Html } from '../../html.ts';

const style = `
:root { color-scheme: light; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 0; background: #f2f5f7; color: #14212b; }
header, main, footer { max-width: 38rem; margin: 0 auto; padding: 1rem 1.5rem; }
header { font-weight: 600; color: #24506b; }
main { background: #fff; border: 1px solid #c7d2da; border-radius: .5rem; }
h1 { font-size: 1.4rem; margin: 0 0 .75rem; }
h2 { font-size: 1.1rem; }
fieldset { border: 1px solid #8397a5; border-radius: .35rem; margin: 0 0 1rem; padding: .5rem 1rem; }
label { display: block; padding: .3rem 0; }
input[type=text], input[type=search], input[type=password] {
  font: inherit; width: 100%; box-sizing: border-box; padding: .45rem; border: 1px solid #51687a;
  border-radius: .25rem; }
button { font: inherit; padding: .5rem 1.1rem; border-radius: .3rem; border: 1px solid #155172;
  background: #155172; color: #fff; cursor: pointer; margin: .25rem .5rem .25rem 0; }
button.quiet { background: #fff; color: #155172; }
:focus-visible { outline: 3px solid #b45309; outline-offset: 2px; }
ul { padding-left: 1.2rem; }
ul.patients { list-style: none; padding: 0; }
ul.patients a { display: block; padding: .45rem .25rem; color: #0b4a6f; }
.problem { background: #fdecea; border-left: 4px solid #9b1c1c; padding: .5rem .75rem; }
.detail, footer { color: #43545f; font-size: .9rem; }
`;

const styleHash = createHash('sha256').update(style).digest('base64');

/** @param title Also the page's only `h1`. */
export function layout(title: string, content: Html): string {
  return `<!doctype html>${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title} – Sample EHR</title>
        ${{ kind: 'html', text: `<style>${style}</style>` }}
      </head>
      <body>
        <header>Sample EHR of Riverside Clinic</header>
        <main>
          <h1>${title}</h1>
          ${content}
        </main>
        <footer>A sample with invented people and patients. Use no real password here.</footer>
      </body>
    </html>`.text
  }`;
}

/**
 * Headers of a page.
 *
 * @param formTargets Origins that a form may lead on to, besides our own: browsers apply
 *   `form-action` to the redirect that follows a form, and the last one leads back to the app.
 */
export function pageHeaders(formTargets: readonly string[]): Record<string, string> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': [
      `default-src 'none'`,
      `style-src 'sha256-${styleHash}'`,
      ["form-action 'self'", ...formTargets].join(' '),
      `frame-ancestors 'none'`,
      `base-uri 'none'`,
    ].join('; '),
    // The address holds the id of the interaction.
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
