// @ts-check
/**
 * The SMART session: how long it lasts, and how it is renewed. The token stays in the library; no
 * code of the app reads it.
 */
import { byId, h } from './dom.js';

/** @typedef {any} Client The library's client: it publishes no types for its browser build. */

/** @param {Date} at */
function clockText(at) {
  return at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}

/**
 * Who is signed in, in words.
 *
 * @param {Client} client
 * @returns {string}
 */
export function userText(client) {
  const claims = client.getIdToken() ?? {};
  return claims.name ?? client.getFhirUser() ?? 'unknown user';
}

/**
 * Shows until when the session is valid, with a button to renew it and one to leave.
 *
 * @param {Client} client
 * @param {(error: unknown) => string} problemText
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
  const who = h('span', { id: 'user' }, `Signed in as ${userText(client)}`);
  place.replaceChildren(who, state, canRefresh ? refresh : '', leave);
}
