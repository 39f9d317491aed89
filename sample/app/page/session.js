// @ts-check
/**
 * The SMART session: how long it lasts, and how it is renewed. The token stays in the library; no
 * code of the app reads it.
 */
import { byId, h } from './dom.js';
import { nameOf } from './patient.js';

/** @typedef {any} Client The library's client: it publishes no types for its browser build. */

/** @param {Date} at */
function clockText(at) {
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/**
 * Says who is signed in: by name, once the user's own resource is read; else by its reference.
 *
 * @param {Client} client
 * @param {HTMLElement} place
 */
async function showUser(client, place) {
  const reference = client.getFhirUser() ?? 'unknown user';
  place.textContent = `Signed in as ${reference}`;
  try {
    place.textContent = `Signed in as ${nameOf(await client.user.read())}`;
  } catch {
    // Not every server lets an app read its user; the reference says enough.
  }
}

/**
 * Shows until when the session is valid, with a button to renew it and one to leave.
 *
 * @param {Client} client
 * @param {(error: unknown) => string} problemText
 * @returns {Promise<void>} Resolves when it is known who is signed in.
 */
export function showSession(client, problemText) {
  const place = byId('session');
  const state = h('span', { id: 'session-state', role: 'status' });
  const canRefresh = client.getState('tokenResponse.refresh_token') !== undefined;
  const show = (/** @type {string} */ before = '') => {
    const until = client.state.expiresAt;
    const known = typeof until === 'number';
    state.textContent = `${before}${known ? `Session valid until ${clockText(new Date(until * 1000))}` : 'Session open'}`;
  };
  const refresh = h('button', { type: 'button', id: 'refresh' }, 'Renew session');
  refresh.addEventListener('click', () => {
    refresh.disabled = true;
    void client
      .refresh()
      .then(() => {
        show(`Renewed at ${clockText(new Date())}. `);
      })
      .catch((/** @type {unknown} */ error) => {
        state.textContent = problemText(error);
      })
      .finally(() => {
        refresh.disabled = false;
      });
  });
  const leave = h('button', { type: 'button', class: 'plain' }, 'Sign out');
  leave.addEventListener('click', () => {
    sessionStorage.clear();
    location.assign('./');
  });
  show();
  const who = h('span', { id: 'user' });
  place.replaceChildren(who, state, canRefresh ? refresh : '', leave);
  return showUser(client, who);
}
