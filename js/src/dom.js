/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...children);
  return node;
}

/**
 * @param {Element} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {Element} node
 * @param {string} name
 * @param {string | null} value null takes the attribute away
 */
export function setAttribute(node, name, value) {
  if (node.getAttribute(name) === value) return;
  if (value === null) node.removeAttribute(name);
  else node.setAttribute(name, value);
}

/**
 * @param {string} path of a 16 × 16 drawing
 */
export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

/**
 * Let Shift and the mouse select in a picture, neither the text between nor cells: JupyterLab would keep the moves of a drag.
 *
 * @param {HTMLElement} node that takes the focus
 * @param {AbortSignal} signal
 */
export function keepText(node, signal) {
  const keep = (/** @type {MouseEvent} */ event) => {
    if (!event.shiftKey || event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    node.focus({ preventScroll: true });
  };
  node.addEventListener("mousedown", keep, { signal });
}

/**
 * Let keys pressed in a control be its own: JupyterLab's command mode would take Enter and the arrows for its cells.
 *
 * @param {Element} node
 */
export function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
}
