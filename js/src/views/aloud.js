import { element, setText } from "../dom.js";

/** Milliseconds between two sentences: more often nobody wants to be told. */
const EVERY = 10_000;

/**
 * A sentence for those who hear the page, said when it has changed, but not too often.
 *
 * @param {AbortSignal} signal
 */
export function mountAloud(signal) {
  const root = element("div", "mzw-aloud");
  root.setAttribute("role", "status");
  let saidAt = -Infinity;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let next = () => "";
  const say = () => {
    timer = undefined;
    const words = next();
    if (words) saidAt = performance.now();
    setText(root, words);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));
  return {
    root,
    /** @param {() => string} sentence made only when it is said */
    tell(sentence) {
      next = sentence;
      timer ??= setTimeout(say, Math.max(0, saidAt + EVERY - performance.now()));
    },
    /** @param {string} sentence at once: the answer to a key */
    answer(sentence) {
      setText(root, sentence);
    },
  };
}
