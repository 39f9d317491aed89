// @ts-check
/**
 * The review page: sign-in, the search in the address, and what the parts do together. The token is
 * kept in this tab's session storage; never in an address, a cookie or another tab.
 */
import { ask, textOf } from './api.js';
import { setUpCheck } from './check.js';
import { setUpDetails } from './details.js';
import { byId } from './dom.js';
import { setUpResults } from './results.js';
import { fieldsOf, searchOf } from './search-text.js';

const storageKey = 'chaperone-reader-token';

const parts = {
  signIn: byId('sign-in', HTMLElement),
  token: byId('token', HTMLInputElement),
  problem: byId('sign-in-problem', HTMLElement),
  account: byId('account', HTMLElement),
  readerName: byId('reader-name', HTMLElement),
  operator: byId('operator', HTMLElement),
  review: byId('review', HTMLElement),
  more: byId('more', HTMLDetailsElement),
};
const inputs = {
  patient: byId('patient', HTMLInputElement),
  user: byId('user', HTMLInputElement),
  session: byId('session', HTMLInputElement),
  outcome: byId('outcome', HTMLSelectElement),
  from: byId('from', HTMLInputElement),
  to: byId('to', HTMLInputElement),
  extra: byId('extra', HTMLInputElement),
};

/** @type {string | undefined} */
let token;
/** Role of the reader; undefined until the token was found to be one. */
let role = '';

const details = setUpDetails(call);
const results = setUpResults(call, (event) => void details.open(event));
const check = setUpCheck(call);

/**
 * @param {string} path
 * @param {'GET' | 'POST'} [method]
 */
async function call(path, method) {
  const answer = await ask(token ?? '', path, method);
  if (answer.kind === 'refused' && answer.status === 401) signOut(answer.text);
  return answer;
}

/** @param {string} candidate */
async function signIn(candidate) {
  parts.problem.replaceChildren();
  const answer = await ask(candidate, 'page/reader');
  if (answer.kind === 'refused') {
    signOut(answer.status === 401 ? 'This token belongs to no reader.' : answer.text);
    return;
  }
  /** @type {{ name: string, role: string }} */
  const reader = JSON.parse(textOf(answer.bytes));
  token = candidate;
  role = reader.role;
  sessionStorage.setItem(storageKey, candidate);
  parts.token.value = '';
  parts.readerName.replaceChildren(`${reader.name} (${reader.role})`);
  parts.signIn.hidden = true;
  parts.account.hidden = false;
  parts.operator.hidden = role !== 'operator';
  parts.review.hidden = role !== 'auditor';
  if (role === 'auditor') showSearch(true);
  else {
    document.title = 'No events for this role – Chaperone review';
    byId('operator-title', HTMLElement).focus();
  }
}

/** @param {string} why Empty when the reader wanted to. */
function signOut(why) {
  token = undefined;
  role = '';
  sessionStorage.removeItem(storageKey);
  details.close();
  results.clear();
  check.clear();
  document.title = 'Sign in – Chaperone review';
  parts.account.hidden = true;
  parts.operator.hidden = true;
  parts.review.hidden = true;
  parts.signIn.hidden = false;
  parts.problem.replaceChildren(why);
  parts.token.setAttribute('aria-invalid', String(why !== ''));
  parts.token.focus();
}

/** @param {boolean} toResults */
function showSearch(toResults) {
  const text = location.hash.slice(1);
  const fields = fieldsOf(text);
  for (const [name, input] of Object.entries(inputs)) {
    input.value = fields[/** @type {keyof typeof inputs} */ (name)];
  }
  if (fields.extra !== '') parts.more.open = true;
  void results.search(text, toResults);
}

byId('sign-in-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const candidate = parts.token.value.trim();
  if (/^[\x21-\x7e]+$/u.test(candidate)) void signIn(candidate);
  else signOut('Paste a token: one line, without spaces.');
});

byId('search-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const text = searchOf({
    patient: inputs.patient.value,
    user: inputs.user.value,
    session: inputs.session.value,
    outcome: inputs.outcome.value,
    from: inputs.from.value,
    to: inputs.to.value,
    extra: inputs.extra.value,
  });
  // The same search again is a new look at the record: the address does not change then.
  if (text === location.hash.slice(1)) showSearch(true);
  else location.hash = text;
});

byId('sign-out', HTMLButtonElement).addEventListener('click', () => signOut(''));

// Without this, the browser would take `#content` for a search.
byId('skip', HTMLAnchorElement).addEventListener('click', (event) => {
  event.preventDefault();
  byId('content', HTMLElement).focus();
});

addEventListener('hashchange', () => {
  if (role === 'auditor') showSearch(true);
});

const kept = sessionStorage.getItem(storageKey);
if (kept === null) parts.token.focus();
else void signIn(kept);
