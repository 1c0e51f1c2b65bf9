/** Longer questions that the tests ask of a page. */

/** The rows as bars, in order: what should be drawn of a view of names and whole numbers. */
function ranked(rows, limit) {
  const key = (value) => (value === null ? -Infinity : value);
  return rows
    .slice()
    .sort(([a, x], [b, y]) => key(y) - key(x) || (a < b ? -1 : a > b ? 1 : 0))
    .slice(0, limit)
    .map((row) => row.map(String));
}

/** The same numbers for the same seed (mulberry32). */
function randomNumbers(seed) {
  return (n) => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), seed | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}

/** Change a view at random and compare, at every animation frame, what is drawn with the state it claims to be. */
async function storm(seed, limit) {
  const random = randomNumbers(seed);
  const names = Array.from({ length: 14 }, (_, i) => `editor ${i}`);
  const oneOrTwo = (name) => Array.from({ length: random(9) ? 1 : 2 }, () => [name, random(12) ? random(30) : null]);
  const someRows = () => names.filter(() => random(4)).flatMap(oneOrTwo);

  const view = new FakeView([["editor", "text"], ["edits", "number"]], [["first", 1]], { limit });
  (await load(view.model)).show();
  await frames(3);
  const root = document.querySelector(".mzw");
  const problems = [];
  const painted = new Set();
  let tallest = 0;

  function check() {
    const seq = Number(root.dataset.seq);
    const [drawn, expected] = [bars(), ranked(view.states[seq], limit)];
    if (JSON.stringify(drawn) !== JSON.stringify(expected)) problems.push({ seq, drawn, expected });
    if (Number(root.dataset.time) !== view.timeOf(seq)) problems.push({ seq, time: root.dataset.time });
    const { height } = root.getBoundingClientRect();
    if (height < tallest) problems.push({ seq, tallest, height });
    tallest = Math.max(tallest, height);
    // No label occurs more than twice, so with bars that are leaving, too, there are at most two of each.
    const labels = [...root.querySelectorAll(".mzw-row .mzw-label")].map((label) => label.textContent).sort();
    if (labels.some((label, i) => labels[i + 2] === label)) problems.push({ seq, labels });
    painted.add(seq);
  }

  let over = false;
  const watch = (async () => {
    while (!over) {
      await frames(1);
      check();
    }
  })();
  for (let i = 0; i < 150; i++) {
    view.become(someRows());
    if (random(3)) await new Promise((resolve) => setTimeout(resolve, random(40)));
  }
  await frames(3);
  over = true;
  await watch;
  return { problems: problems.slice(0, 3), painted: painted.size, last: Number(root.dataset.seq), seq: view.seq };
}

/** Every text whose contrast is below 4.5, every bar whose contrast is below 3 (WCAG 2.2, 1.4.3 and 1.4.11). */
function faint() {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color.slice(0, 3);
    }
    throw new Error("no ground");
  };
  const over = ([r, g, b, a], under) => [r, g, b].map((x, i) => (x * a) / 255 + under[i] * (1 - a / 255));
  const linear = (x) => (x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
  const luminance = ([r, g, b]) => 0.2126 * linear(r / 255) + 0.7152 * linear(g / 255) + 0.0722 * linear(b / 255);
  const contrast = (a, b) => {
    const [x, y] = [luminance(a), luminance(b)];
    return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
  };

  const found = [];
  let texts = 0;
  for (const node of document.querySelectorAll(".mzw *")) {
    const hasText = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
    if (!hasText || node.disabled) continue;
    texts++;
    const behind = ground(node);
    const { color } = getComputedStyle(node);
    const ratio = contrast(over(rgba(color), behind), behind);
    if (ratio < 4.5) found.push([node.className, node.textContent, color, ratio]);
  }
  for (const bar of document.querySelectorAll(".mzw-bar")) {
    const ratio = contrast(rgba(getComputedStyle(bar).backgroundColor), ground(bar.closest(".mzw-row")));
    if (ratio < 3) found.push([bar.parentElement.className, ratio]);
  }
  if (texts === 0) throw new Error("no text to look at");
  return found;
}

/** The names of all parts that stick out of the widget. */
function sticksOut() {
  const frame = document.querySelector(".mzw").getBoundingClientRect();
  return [...document.querySelectorAll(".mzw *")]
    .filter((node) => !node.closest(".mzw-half, .mzw-aloud"))
    .filter((node) => {
      const { left, right, width } = node.getBoundingClientRect();
      return width > 0 && (right > frame.right + 0.5 || left < frame.left - 0.5);
    })
    .map((node) => String(node.className));
}

/** How far a bar reaches left and right of zero, as shares of the track. */
function lengths() {
  const reach = (bar) => {
    const [own, half] = [bar.getBoundingClientRect(), bar.parentElement.getBoundingClientRect()];
    const left = half.left + bar.parentElement.clientLeft;
    return Math.max(0, Math.min(own.right, half.right) - Math.max(own.left, left));
  };
  const rows = [...document.querySelectorAll(".mzw-row")].map((row) => {
    const track = row.querySelector(".mzw-track").getBoundingClientRect().width;
    return [row.dataset.label, [...row.querySelectorAll(".mzw-bar")].map((bar) => reach(bar) / track)];
  });
  return Object.fromEntries(rows);
}

/** Where a bar and its end are on their way while `change` takes effect: at moments of its animations, not of this machine. */
async function path(label, change) {
  const row = document.querySelector(`[data-label="${label}"]`);
  const bar = row.querySelector(".mzw-positive .mzw-bar");
  const at = () => [row.getBoundingClientRect().top, bar.getBoundingClientRect().right];
  const places = [at()];
  const animations = () => row.getAnimations({ subtree: true });
  change();
  await null; // as it is painted in a microtask
  for (let n = 0; n < 20 && animations().length === 0; n++) await frames(1);
  const moving = animations();
  for (const each of moving) each.pause();
  for (let step = 0; step <= 16; step++) {
    for (const each of moving) each.currentTime = (step / 16) * each.effect.getComputedTiming().endTime;
    places.push(at());
  }
  for (const each of moving) each.finish();
  return [...places, at()];
}

/** Where the fixed parts are under each status: one entry if nothing moves. */
async function placesUnder(view, statuses) {
  const parts = [".mzw-picture", ".mzw-title", ".mzw-dot", ".mzw-rows", ".mzw-rate", ".mzw-buttons"];
  const places = new Set();
  for (const status of statuses) {
    view.status({ time: Date.now(), ...status });
    await frames(2);
    const now = parts.map((part) => {
      const { x, y, right } = document.querySelector(part).getBoundingClientRect();
      return [part, x, y, right];
    });
    places.add(JSON.stringify(now));
  }
  return [...places];
}

/** Change two views of one group, each step told to one later than to the other, and compare them at every frame. */
async function stormTogether(seed) {
  const task = () => new Promise((resolve) => setTimeout(resolve));
  const random = randomNumbers(seed);
  const pair = [0, 1].map(() => new FakeView([["n", "number"]], [[0]], { group: `storm ${seed}` }));
  for (const view of pair) {
    view.model.traits.status.time = view.timeOf(0);
    (await load(view.model)).show();
  }
  const roots = [...document.querySelectorAll(".mzw")];
  const shown = () => roots.map((root) => `${root.querySelector(".mzw-figure").dataset.value} at ${root.dataset.time}`);
  const problems = [];
  const painted = new Set();
  let over = false;
  const watch = (async () => {
    while (!over) {
      await frames(1);
      await task(); // after the frame's other callbacks, and with them all of its paints
      const [a, b] = shown();
      if (a !== b) problems.push([a, b]);
      painted.add(a);
    }
  })();
  const start = pair[0].timeOf(0);
  for (let i = 1; i <= 100; i++) {
    const [one, other] = random(2) ? pair : pair.toReversed();
    one.become([[i]], start + i);
    if (random(3)) await new Promise((resolve) => setTimeout(resolve, random(40)));
    other.become([[i]], start + i);
    if (random(3)) await new Promise((resolve) => setTimeout(resolve, random(40)));
  }
  await frames(3);
  over = true;
  await watch;
  return { problems: problems.slice(0, 3), painted: painted.size, last: shown() };
}

/** Show and take away displays and whole models. */
async function comeAndGo(widget, times) {
  for (let i = 0; i < times; i++) {
    const again = widget.show();
    const other = new FakeView([["a", "text"], ["n", "number"]], [["x", 1]]);
    const own = await load(other.model);
    const display = own.show();
    await frames(2);
    other.become([["y", 2]]);
    await frames(2);
    again.hide();
    if (i % 2) own.close();
    display.hide();
    own.close();
  }
  await frames(3);
}

Object.assign(window, { comeAndGo, faint, lengths, path, placesUnder, sticksOut, storm, stormTogether });
