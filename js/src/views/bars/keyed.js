/** Milliseconds: what changes again sooner than this would never be seen at rest if it glided, so it jumps. */
export const RAPID = 150;
const LEAVING = 240;

/**
 * @typedef {object} Item
 * @property {HTMLElement} root
 * @property {() => void} forget it is leaving: it stands for nothing any more
 */

/**
 * Things in a list, told apart by their identities: what stays is the same thing, what comes and goes fades unless it
 * all goes too fast.
 *
 * @template {Item} T
 * @param {HTMLElement} list
 * @param {() => T} make
 */
export function mountKeyed(list, make) {
  /** @type {Map<string, T>} */
  const items = new Map();
  /** @type {Map<string, { item: T, timer: ReturnType<typeof setTimeout> }>} */
  const leaving = new Map();
  let churned = -Infinity;

  /**
   * @param {string} identity
   * @param {boolean} gently
   */
  function enter(identity, gently) {
    const gone = leaving.get(identity);
    const item = items.get(identity) ?? gone?.item ?? make();
    if (gone) {
      leaving.delete(identity);
      clearTimeout(gone.timer);
      item.root.classList.remove("mzw-leaving");
      item.root.removeAttribute("aria-hidden");
    } else if (!items.has(identity)) {
      item.root.classList.toggle("mzw-entering", gently);
      list.append(item.root);
    }
    item.root.setAttribute("role", "option");
    items.set(identity, item);
    return item;
  }

  /**
   * @param {string} identity
   * @param {T} item
   * @param {boolean} gently
   */
  function leave(identity, item, gently) {
    items.delete(identity);
    if (!gently) {
      item.root.remove();
      return;
    }
    item.root.classList.add("mzw-leaving");
    item.root.setAttribute("aria-hidden", "true");
    for (const name of ["role", "data-label", "data-value", "aria-posinset", "aria-selected", "title"]) item.root.removeAttribute(name);
    item.forget();
    const timer = setTimeout(() => {
      leaving.delete(identity);
      item.root.remove();
    }, LEAVING);
    leaving.set(identity, { item, timer });
  }

  return {
    /**
     * @param {readonly string[]} identities
     * @returns {T[]} one for each
     */
    become(identities) {
      const staying = new Set(identities);
      const now = performance.now();
      const gently = now - churned >= RAPID;
      if (identities.length !== items.size || identities.some((identity) => !items.has(identity))) churned = now;
      for (const [identity, item] of [...items]) if (!staying.has(identity)) leave(identity, item, gently);
      return identities.map((identity) => enter(identity, gently));
    },
    destroy() {
      for (const { timer } of leaving.values()) clearTimeout(timer);
    },
  };
}

/**
 * An identity for each: its name and, where a name occurs more than once, its rank among those of the same name.
 *
 * @param {readonly string[]} names
 */
export function identitiesOf(names) {
  /** @type {Map<string, number>} */
  const seen = new Map();
  return names.map((name) => {
    const nth = (seen.get(name) ?? 0) + 1;
    seen.set(name, nth);
    return `${nth} ${name}`;
  });
}
