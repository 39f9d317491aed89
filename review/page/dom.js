// @ts-check
/**
 * Small helpers around the document. Text only ever becomes text nodes: nothing that a record holds
 * is read as markup.
 */

/**
 * The element with an id.
 *
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type Its class.
 * @returns {T}
 */
export function byId(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`no such element: ${id}`);
  return found;
}

/**
 * Makes an element.
 *
 * @param {string} name
 * @param {Readonly<Record<string, string>>} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

/**
 * Text for those who hear the page only.
 *
 * @param {string} text
 */
export function spoken(text) {
  return element('span', { class: 'spoken' }, text);
}
