/** The sign-in page: who are you? */
import type { Account } from '../accounts.ts';
import { html } from '../../html.ts';
import { layout } from './layout.ts';

/** What the page shows. */
export interface SignInView {
  readonly accounts: readonly Account[];
  /** Account that is chosen already. */
  readonly chosen: string | undefined;
  readonly app: string;
  /** Where the form goes. */
  readonly action: string;
  /** A sentence about what was wrong with the last attempt. */
  readonly problem?: string;
}

/** The page as HTML. */
export function signInPage(view: SignInView): string {
  const choices = view.accounts.map((account) => {
    const checked = account.id === view.chosen ? html` checked` : undefined;
    return html`<label
      ><input type="radio" name="account" value="${account.id}" required${checked} />
      ${account.name} <span class="detail">(${account.role}; ${account.id})</span></label
    >`;
  });
  return layout(
    'Sign in',
    html`${
        view.problem === undefined
          ? undefined
          : html`<p class="problem" role="alert">${view.problem}</p>`
      }
      <p>${view.app} wants to work with the records of the clinic.</p>
      <form method="post" action="${view.action}">
        <fieldset>
          <legend>Who are you?</legend>
          ${choices}
        </fieldset>
        <label for="password">Password</label>
        <input
          id="password"
          name="password"
          type="password"
          autocomplete="off"
          required
          aria-describedby="password-help"
        />
        <p id="password-help" class="detail">
          This is a sample: the password of each account is its name, such as ana-souza.
        </p>
        <button type="submit">Sign in</button>
        <button type="submit" class="quiet" formaction="${view.action}/deny" formnovalidate>
          Cancel
        </button>
      </form>`,
  );
}
