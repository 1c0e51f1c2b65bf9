// In every page that is measured, from before its first script: what arrives, what changes in the DOM, what is painted.
(() => {
  const bench = (globalThis.bench = { messages: 0, bytes: 0, frames: 0, arrived: 0, marks: {} });

  globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        bench.arrived = performance.now();
        bench.messages += 1;
        bench.bytes += data.byteLength ?? data.length;
      });
    }
  };

  // "Painted" is when the page's main thread has finished the frame that shows a change: the first task after it.
  let waiting = [];
  let inFrame = false;
  const after = new MessageChannel();
  after.port1.onmessage = () => {
    inFrame = false;
    bench.frames += 1;
    const now = performance.now();
    for (const mark of waiting) mark[3] = now;
    waiting = [];
  };
  const animate = globalThis.requestAnimationFrame.bind(globalThis);
  globalThis.requestAnimationFrame = (callback) =>
    animate((time) => {
      if (!inFrame) {
        inFrame = true;
        after.port2.postMessage(null);
      }
      callback(time);
    });

  /**
   * Note [reading, when the newest message had come, when it was in the DOM, when it was painted] whenever what `read`
   * returns for the element changes.
   *
   * @param {string} name of the list of marks
   * @param {string} selector
   * @param {(root: HTMLElement) => unknown} read undefined is no reading
   */
  bench.watch = (name, selector, read) => {
    const root = [...document.querySelectorAll(selector)].at(-1);
    const marks = (bench.marks[name] = []);
    let last;
    new MutationObserver(() => {
      const now = performance.now();
      const reading = read(root);
      const text = JSON.stringify(reading);
      if (reading === undefined || text === last) return;
      last = text;
      const mark = [reading, bench.arrived, now, null];
      marks.push(mark);
      waiting.push(mark);
      if (!inFrame) requestAnimationFrame(() => {});
    }).observe(root, { subtree: true, childList: true, characterData: true, attributes: true });
  };

  bench.take = (name) => bench.marks[name].splice(0);

  /** What the wall clock (in ms) says when performance.now() is 0, by the moments at which it goes to its next ms. */
  bench.origin = () => {
    let [low, high] = [-Infinity, Infinity];
    const end = performance.now() + 50;
    for (let before = performance.now(); before < end; ) {
      const wall = Date.now();
      const behind = performance.now();
      low = Math.max(low, wall - behind);
      high = Math.min(high, wall + 1 - before);
      before = behind;
    }
    return [low, high];
  };
})();
