/** Pixels that a head must be dragged before it is no click. */
const SLACK = 6;

/** @param {HTMLElement} node */
function middle(node) {
  const { left, width } = node.getBoundingClientRect();
  return left + width / 2;
}

/**
 * Columns in the order that the reader gives them: by dragging their heads, or with Shift and the arrow keys.
 *
 * @param {readonly HTMLElement[]} heads of the columns, in the order of the view
 * @param {(places: readonly number[], column: number) => void} moved told which columns stand where, and which has moved
 */
export function mountMoving(heads, moved) {
  const places = [...heads.keys()];
  /** Whether the click that follows is but the end of a drag. */
  let dragged = false;

  /**
   * @param {number} column
   * @param {number} by
   */
  function move(column, by) {
    const from = places.indexOf(column);
    const to = from + by;
    if (to < 0 || to >= places.length) return;
    places.splice(to, 0, ...places.splice(from, 1));
    // The others move around it: a head that left the page for a moment would lose pointer and focus.
    const own = /** @type {HTMLElement} */ (heads[column]);
    own.before(...places.slice(0, to).map((i) => /** @type {HTMLElement} */ (heads[i])));
    own.after(...places.slice(to + 1).map((i) => /** @type {HTMLElement} */ (heads[i])));
    moved(places, column);
  }

  /**
   * Let a head change places with those whose middle the pointer has passed.
   *
   * @param {number} column
   * @param {number} x
   */
  function follow(column, x) {
    for (let left = places.length; left > 0; left--) {
      const at = places.indexOf(column);
      const [before, after] = [heads[places[at - 1] ?? -1], heads[places[at + 1] ?? -1]];
      if (before && x < middle(before)) move(column, -1);
      else if (after && x > middle(after)) move(column, 1);
      else return;
    }
  }

  heads.forEach((head, column) => {
    head.addEventListener("pointerdown", (down) => {
      dragged = false;
      if (down.button !== 0 || down.defaultPrevented) return;
      const end = new AbortController();
      const { signal } = end;
      head.ownerDocument.addEventListener(
        "pointermove",
        ({ clientX }) => {
          if (!dragged && Math.abs(clientX - down.clientX) < SLACK) return;
          dragged = true;
          head.classList.add("mzw-moving");
          follow(column, clientX);
        },
        { signal },
      );
      for (const name of ["pointerup", "pointercancel"]) {
        head.ownerDocument.addEventListener(name, () => (head.classList.remove("mzw-moving"), end.abort()), { signal });
      }
    });
    head.addEventListener("click", (event) => dragged && event.stopPropagation(), { capture: true });
    head.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by === undefined || !event.shiftKey) return;
      event.preventDefault();
      move(column, by);
    });
  });
}
