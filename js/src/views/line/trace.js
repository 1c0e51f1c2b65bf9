import { indexOf } from "./lines.js";

/** @typedef {import("./lines.js").Line} Line */

/**
 * Where the plot is on the canvas, and what it shows.
 *
 * @typedef {object} Box
 * @property {number} left pixels of the canvas
 * @property {number} top
 * @property {number} width
 * @property {number} height
 * @property {[number, number]} x
 * @property {[number, number]} y
 */

/** Points for each pixel of width from which on columns are filled. */
const DENSE = 2;
/** Points are marked where there is so much room between them, in pixels of the page. */
const ROOM = 24;
const DOT = 2.5;

/**
 * Draw a line, and mark its points: all where they are few, else those that no line joins to another.
 *
 * @param {CanvasRenderingContext2D} ctx with colour, width and dashes set
 * @param {Line} line
 * @param {Box} box
 * @param {number} ratio pixels of the canvas to one of the page
 */
export function trace(ctx, { xs, ys, reach }, box, ratio) {
  const first = Math.max(indexOf(xs, box.x[0]) - 1, 0);
  const last = Math.min(indexOf(xs, box.x[1]) + 1, xs.length);
  const kx = box.width / (box.x[1] - box.x[0]);
  const ky = box.height / (box.y[1] - box.y[0]);
  const count = last - first;
  const room = count > 1 ? (kx * (Number(xs[last - 1]) - Number(xs[first]))) / (count - 1) : Infinity;
  /** @type {Points} */
  const points = {
    first,
    last,
    room: room / ratio,
    x: (i) => box.left + (/** @type {number} */ (xs[i]) - box.x[0]) * kx,
    y: (i) => box.top + box.height - (/** @type {number} */ (ys[i]) - box.y[0]) * ky,
    gap: (i) => /** @type {number} */ (xs[i]) - /** @type {number} */ (xs[i - 1]) > (reach ?? Infinity),
  };
  if (count > DENSE * box.width) fillColumns(ctx, points, ratio);
  else strokeLine(ctx, points, ratio);
}

/**
 * The points to draw, in pixels of the canvas; y is NaN in a gap.
 *
 * @typedef {object} Points
 * @property {number} first
 * @property {number} last
 * @property {number} room between two points, in pixels of the page
 * @property {(i: number) => number} x
 * @property {(i: number) => number} y
 * @property {(i: number) => boolean} gap whether a point is missing before this one
 */

/**
 * @param {CanvasRenderingContext2D} ctx
 * @param {Points} points
 * @param {number} ratio
 */
function strokeLine(ctx, { first, last, room, x, y, gap }, ratio) {
  const path = new Path2D();
  const dots = new Path2D();
  let run = 0;
  for (let i = first; i <= last; i++) {
    const to = i < last ? y(i) : NaN;
    const ends = to !== to || (run > 0 && gap(i));
    if (run > 0 && (room >= ROOM || (run === 1 && ends))) {
      dots.moveTo(x(i - 1) + DOT * ratio, y(i - 1));
      dots.arc(x(i - 1), y(i - 1), DOT * ratio, 0, 7);
    }
    if (ends) run = 0;
    if (to !== to) continue;
    if (run++ === 0) path.moveTo(x(i), to);
    else path.lineTo(x(i), to);
  }
  ctx.stroke(path);
  ctx.setLineDash([]);
  ctx.fill(dots);
}

/**
 * Where many points share a column of pixels, what the line covers of it is filled: the same picture as its stroke,
 * for a tenth of the time.
 *
 * @param {CanvasRenderingContext2D} ctx
 * @param {Points} points
 * @param {number} ratio
 */
function fillColumns(ctx, { first, last, x, y, gap }, ratio) {
  const width = ctx.lineWidth;
  const [on = Infinity, off = 0] = ctx.getLineDash();
  let [column, low, high, end] = [NaN, 0, 0, NaN];
  const fill = () => {
    if (column === column && column % (on + off) < on) ctx.fillRect(column, low - width / 2, ratio, high - low + width);
  };
  for (let i = first; i < last; i++) {
    const to = y(i);
    if (to !== to) {
      end = NaN;
      continue;
    }
    if (i > first && gap(i)) end = NaN;
    const at = Math.floor(x(i) / ratio) * ratio;
    const from = end === end ? end : to;
    if (at !== column) {
      fill();
      [column, low, high] = [at, from, from];
    }
    if (to < low) low = to;
    if (to > high) high = to;
    end = to;
  }
  fill();
}
