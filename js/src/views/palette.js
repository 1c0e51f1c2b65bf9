/**
 * Colours for things told apart by colour. Each stands out from the paper by 3:1 or more, and each pair was chosen to
 * stay as far apart as can be for readers who see no red, no green or no blue.
 */
const LIGHT = ["#2f6fde", "#eb6c0e", "#0fa974", "#9c587c", "#2a268b", "#626006", "#998dc4", "#6b1422"];
const DARK = ["#5b93f5", "#ffc336", "#3be0db", "#ba80b4", "#ba480d", "#9da471", "#795ac4", "#177785"];

/** @param {boolean} dark */
export const palette = (dark) => (dark ? DARK : LIGHT);

/** As far from those and from each other as can be, for charts whose marks are not striped or dashed. */
const MORE_LIGHT = ["#480054", "#603cb4", "#305454", "#7884fc", "#847854", "#903084", "#6c78a8", "#483048"];
const MORE_DARK = ["#d87800", "#c0cc9c", "#6cc0fc", "#9c7860", "#6c6054", "#b4f090", "#b4b400", "#f090a8"];

/** @param {boolean} dark */
export const categories = (dark) => (dark ? [...DARK, ...MORE_DARK] : [...LIGHT, ...MORE_LIGHT]);

/**
 * How many names before it have the colour of each, by its slot: where there are more names than colours, they are told
 * apart by stripes or dashes.
 *
 * @param {Iterable<number>} slots
 */
export function roundsOf(slots) {
  /** @type {Map<number, number>} */
  const rounds = new Map();
  /** @type {number[]} */
  const alike = [];
  for (const slot of [...slots].sort((a, b) => a - b)) {
    const colour = slot % LIGHT.length;
    const round = alike[colour] ?? 0;
    rounds.set(slot, round);
    alike[colour] = round + 1;
  }
  return rounds;
}

/** Pixels of colour and of none, round by round. */
const STRIPES = [[1, 0], [4, 2], [2, 2], [1, 3]];

/**
 * How the area of the `slot`th name is filled. Stripes lie, since pieces of bars are stretched in their length.
 *
 * @param {number} slot
 * @param {number} round
 * @param {boolean} dark
 */
export function fill(slot, round, dark) {
  const colours = palette(dark);
  const colour = /** @type {string} */ (colours[slot % colours.length]);
  const [on = 1, off = 0] = STRIPES[round % STRIPES.length] ?? [];
  return off === 0 ? colour : `repeating-linear-gradient(${colour} 0 ${on}px, transparent 0 ${on + off}px)`;
}

/** What a picture drawn by script needs of the style sheet. */
const NAMES = /** @type {const} */ (["fg", "quiet", "rule", "track", "wash", "paper", "accent", "below"]);

/**
 * The style sheet's colours as they are under the present theme, and its type face.
 *
 * @param {Element} el
 * @returns {Record<typeof NAMES[number], string> & { font: string }}
 */
export function look(el) {
  const probe = document.createElement("span");
  probe.hidden = true;
  probe.style.setProperty("forced-color-adjust", "none");
  el.append(probe);
  const style = getComputedStyle(probe);
  const colours = NAMES.map((name) => {
    probe.style.color = `var(--mzw-${name})`;
    return [name, style.color];
  });
  const font = style.fontFamily;
  probe.remove();
  return { ...Object.fromEntries(colours), font };
}
