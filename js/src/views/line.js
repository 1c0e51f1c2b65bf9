import uPlot from "uplot";
import { element, keepKeys, keepText, setAttribute, setText } from "../dom.js";
import { mountAloud } from "./aloud.js";
import { countRows, formatNumber } from "./numbers.js";
import { look, palette } from "./palette.js";
import { axesOf } from "./line/axes.js";
import { mountChoosing } from "./line/choosing.js";
import { mountKeys } from "./line/keys.js";
import { Lines, heights } from "./line/lines.js";
import { mountReading } from "./line/reading.js";
import { STEPS, WHOLE, YEAR, momentText, numberText, numberTicks, roundYears, timeTicks, unitOf } from "./line/ticks.js";
import { trace } from "./line/trace.js";
import style from "./line/style.css";

/** @typedef {import("./line/lines.js").Line} Line */
/** @typedef {import("./view.js").Mount} Mount */
/** @typedef {[number, number]} Range */
/** @typedef {(chart: uPlot, axis: number, low: number, high: number, every: number, space: number) => number[]} SplitsOf */

const HEIGHT = 260;
const NARROWEST = 80;
/** @type {import("./view.js").Column} */
const NO_COLUMN = { name: "", type: "int8", kind: "number" };
/** Pixels around the plot into which a dot on its edge reaches. */
const MARGIN = 4;
/** Milliseconds: a change sooner than this after the one before is not glided to, nor where a frame takes longer than COSTLY. */
const RAPID = 150;
const COSTLY = 7;
const GLIDE = 420;
/** The share of the plot's height that the lines must fill before its scale is let alone. */
const FILLED = 0.5;
/** Its share of the greatest number is the least room around the lines: ticks nearer to each other have the same digits. */
const PRECISION = 1e9;
/** As large as numbers can be whose differences are numbers, too. */
const LARGEST = 8e307;
/** How the lines of a colour are told apart. */
const DASHES = [[], [6, 4], [2, 3], [10, 3, 2, 3]];

/**
 * Room above and below, and zero where that is near.
 *
 * @param {Range} range
 * @returns {Range}
 */
function roomy([low, high]) {
  if (low > high) return [0, 1];
  [low, high] = [Math.max(low, -LARGEST), Math.min(high, LARGEST)];
  if (low === high) return low === 0 ? [-1, 1] : [low - Math.abs(low) / 10, high + Math.abs(high) / 10];
  const room = Math.max((high - low) / 16, Math.max(-low, high) / PRECISION);
  const bottom = low >= 0 && low - room < 0.45 * high ? 0 : low - room;
  return [bottom, high <= 0 && high + room > 0.45 * low ? 0 : high + room];
}

/**
 * The scale that is to follow on another: the same as long as the lines fit and fill it.
 *
 * @param {Range | null} now
 * @param {Range} range of the lines
 * @returns {Range}
 */
function settled(now, range) {
  const [low, high] = range;
  if (now && low >= now[0] && high <= now[1] && high - low >= FILLED * (now[1] - now[0])) return now;
  return roomy(range);
}

/**
 * One line for each label and number over a time or a number.
 *
 * @type {Mount}
 */
export function mount(el, encoding, host) {
  const { columns, signal } = host;
  const { xColumn, isTime, isPlain, zone, measures, labels, label, format } = axesOf(columns, encoding);
  const lines = new Lines(columns, encoding);

  const aloud = mountAloud(signal);
  const plot = element("div", "mzw-plot");
  plot.tabIndex = 0;
  plot.setAttribute("role", "group");
  plot.setAttribute("aria-roledescription", "line chart");
  keepKeys(plot);
  keepText(plot, signal);
  const back = element("button", "mzw-button mzw-unzoom", "whole range");
  back.type = "button";
  back.hidden = true;
  const none = element("div", "mzw-none", "no rows");
  const foot = element("div", "mzw-foot");
  const keys = mountKeys(labels && measures, () => draw());
  const root = element("div", "mzw-lines", element("style", "", style), keys.root, plot, foot, aloud.root);
  el.append(root);

  let theme = look(root);
  /** @type {Range | null} the part of the x axis that the reader has chosen */
  let zoom = null;
  /** @type {Range} what is drawn, which may be on its way to what is to be drawn */
  let shown = [0, 1];
  /** @type {Range | null} */
  let scale = null;
  /** What 1 on the chart's own y scale stands for. */
  let unit = 1;
  let [changedAt, cost, frame] = [-Infinity, 0, 0];

  const colour = (/** @type {Line} */ { slot }) => {
    const colours = palette(host.dark());
    return /** @type {string} */ (colours[slot % colours.length]);
  };
  const dash = (/** @type {Line} */ { round }) => DASHES[round % DASHES.length] ?? [];
  /** The colour as a line has it: dashed if another line has it, too. */
  const swatch = (/** @type {Line} */ line) => {
    const [on, off] = dash(line);
    const own = colour(line);
    return on === undefined ? own : `repeating-linear-gradient(90deg, ${own} 0 ${on}px, transparent 0 ${on + Number(off)}px)`;
  };
  /** @type {Line[]} that may be drawn */
  let chosen = [];
  const visible = () => chosen.filter(({ id }) => !keys.hidden.has(id));

  const chart = new uPlot(options(), [shown, [null, null]], plot);
  const usual = /** @type {SplitsOf} */ (chart.axes[0]?.splits);
  if (isTime) {
    /** @type {SplitsOf} */
    const splits = (chart, axis, low, high, every, space) =>
      every >= 2 * YEAR ? roundYears(low, high, every) : usual(chart, axis, low, high, every, space);
    Object.assign(chart.axes[0] ?? {}, { splits });
  }
  const choosing = mountChoosing(chart, host, xColumn ?? NO_COLUMN, label);
  /** Whether the drag that is under way selects; else it zooms. */
  let selects = false;
  chart.over.addEventListener("mousedown", ({ shiftKey }) => void (selects = shiftKey), { signal });
  /** @type {number | null} where the interval began that keys select */
  let anchor = null;
  const reading = mountReading(chart, {
    lines: visible,
    colour,
    swatch,
    x: (at) => (isTime ? momentText(at, zone, shown[1] - shown[0]) : isPlain ? String(at) : numberText(at)),
    y: format,
    height: (value) => chart.valToPos(value / unit, "y"),
    bring: (at) => {
      const [from, to] = shown;
      const by = Math.min(at - from, 0) + Math.max(at - to, 0);
      if (zoom && by !== 0) zoomTo([from + by, to + by]);
    },
  });
  plot.append(none, back, reading.root);

  /**
   * @param {Range} range
   * @returns {Range} on the chart's own y scale
   */
  function own([low, high]) {
    return [low / unit, high / unit];
  }

  /** @returns {uPlot.Options} */
  function options() {
    const axis = {
      stroke: () => theme.quiet,
      font: `11px ${theme.font}`,
      grid: { stroke: () => theme.rule, width: 1 },
      ticks: { stroke: () => theme.rule, width: 1, size: 4 },
    };
    return {
      width: NARROWEST,
      height: host.height || HEIGHT,
      ms: 1,
      padding: [8, isTime ? 36 : 22, 0, 0],
      tzDate: (at) => uPlot.tzDate(new Date(at), zone),
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        bind: { dblclick: () => () => (showAll(), null) },
      },
      scales: { x: { time: isTime, range: () => shown }, y: { range: () => own(scale ?? [0, 1]) } },
      series: [{}, { points: { show: false }, paths: () => null }],
      axes: [
        {
          ...axis,
          space: isTime ? 72 : 60,
          size: isTime ? 44 : 28,
          ...(isTime ? { incrs: STEPS } : isPlain ? { incrs: WHOLE } : {}),
          values: (_, ticks, __, ___, every) => {
            if (isPlain) return ticks.map(String);
            return isTime ? timeTicks(ticks, every, zone) : numberTicks(ticks, every);
          },
        },
        {
          ...axis,
          space: 34,
          values: (_, ticks, __, ___, every) => numberTicks(ticks.map((at) => at * unit), every * unit),
          size: (_, texts) => 16 + 6.5 * Math.max(4, ...(texts ?? []).map((text) => text.length)),
        },
      ],
      hooks: {
        draw: [drawLines],
        setCursor: [() => reading?.paint()],
        setSelect: [
          (u) => {
            if (u.select.width < 4) return;
            const [from, to] = [u.select.left, u.select.left + u.select.width].map((at) => u.posToVal(at, "x"));
            u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            if (selects) choosing.choose(Number(from), Number(to));
            else zoomTo([Number(from), Number(to)]);
          },
        ],
      },
    };
  }

  /** @param {uPlot} u */
  function drawLines({ ctx, bbox }) {
    const box = { ...bbox, x: shown, y: scale ?? /** @type {Range} */ ([0, 1]) };
    const ratio = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left - MARGIN * ratio, bbox.top - MARGIN * ratio, bbox.width + 2 * MARGIN * ratio, bbox.height + 2 * MARGIN * ratio);
    ctx.clip();
    ctx.lineJoin = "bevel";
    ctx.lineWidth = 1.75 * ratio;
    for (const line of visible()) {
      ctx.strokeStyle = ctx.fillStyle = colour(line);
      ctx.setLineDash(dash(line).map((length) => length * ratio));
      ctx.globalAlpha = choosing.opacity(line);
      trace(ctx, line, box, ratio);
    }
    ctx.restore();
  }

  /** The part of the x axis that is to be shown. */
  function target() {
    const [first, last] = zoom ?? lines.span ?? (isTime ? [Date.now() - 60_000, Date.now()] : [0, 1]);
    if (first < last) return /** @type {Range} */ ([first, last]);
    const room = isTime ? 30_000 : isPlain ? 1 : Math.abs(first) / 10 || 1;
    return /** @type {Range} */ ([first - room, last + room]);
  }

  /** Draw what `shown` says, in this frame. */
  function draw() {
    const began = performance.now();
    const range = visible().map((line) => heights(line, ...shown));
    scale = settled(scale, [Math.min(...range.map(([low]) => low)), Math.max(...range.map(([, high]) => high))]);
    unit = unitOf(scale);
    chart.batch(() => chart.setData([shown, [null, null]]));
    reading.paint();
    choosing.place();
    queueMicrotask(() => (cost += (performance.now() - began - cost) / 4));
  }

  /** @param {boolean} gently whether the lines glide to their new place */
  function move(gently) {
    cancelAnimationFrame(frame);
    const [from, to] = [shown, target()];
    const span = to[1] - to[0];
    const near = Math.abs(from[1] - to[1]) < span / 2 && Math.abs(from[1] - from[0] - span) < span / 2;
    if (!gently || !near || (from[0] === to[0] && from[1] === to[1])) {
      shown = to;
      draw();
      return;
    }
    const began = performance.now();
    const step = () => {
      const share = Math.min((performance.now() - began) / GLIDE, 1);
      const eased = 1 - (1 - share) ** 3;
      shown = [from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased];
      draw();
      if (share < 1 && !signal.aborted) frame = requestAnimationFrame(step);
    };
    step();
  }

  /** @param {Range} range */
  function zoomTo(range) {
    zoom = range;
    scale = null;
    back.hidden = false;
    move(false);
  }

  function showAll() {
    zoom = scale = null;
    back.hidden = true;
    move(false);
  }

  /**
   * Around what is read, which stays so, and never beyond what there is.
   *
   * @param {number} factor
   */
  function zoomBy(factor) {
    const [from, to] = shown;
    const read = reading.at;
    const at = read ?? (from + to) / 2;
    const [first, last] = lines.span ?? shown;
    const wide = (to - from) * factor;
    const low = Math.min(Math.max(at - (at - from) * factor, first), last - wide);
    if (wide < last - first) zoomTo([low, low + wide]);
    else showAll();
    if (read !== null) reading.go(read);
  }

  back.addEventListener("click", () => (showAll(), plot.focus()), { signal });
  plot.addEventListener("keydown", onKey, { signal });

  /** @param {KeyboardEvent} event */
  function onKey(event) {
    if (event.target !== plot || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = (/** @type {number} */ by) => {
      anchor = event.shiftKey ? (anchor ?? reading.at) : null;
      aloud.answer(reading.step(by));
      if (anchor !== null && reading.at !== null) choosing.choose(anchor, reading.at);
    };
    /** @type {Record<string, () => void>} */
    const actions = {
      ArrowLeft: () => step(-1),
      ArrowRight: () => step(1),
      Home: () => step(-Infinity),
      End: () => step(Infinity),
      "+": () => zoomBy(1 / 2),
      "-": () => zoomBy(2),
      Escape: () => (choosing.any ? host.select(null) : (showAll(), reading.hide())),
    };
    const act = actions[event.key === "=" ? "+" : event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  }

  function resize() {
    theme = look(root);
    keys.paint(chosen, swatch);
    const width = Math.max(plot.clientWidth, NARROWEST);
    const height = Math.max((host.height || HEIGHT + keys.root.offsetHeight) - keys.root.offsetHeight, NARROWEST);
    chart.setSize({ width, height });
    draw();
  }

  /** What somebody who cannot see the picture is told of it. */
  function summary() {
    const all = visible();
    const last = all
      .slice(0, 5)
      .map(({ name, ys }) => `${name} ${format(ys.findLast((y) => y === y) ?? NaN)}`)
      .join(", ");
    const more = all.length > 5 ? ` and ${all.length - 5} more` : "";
    return all.length === 0 ? "no rows" : `last values: ${last}${more}`;
  }

  /** @type {import("./view.js").View & { chart: uPlot }} */
  const view = {
    chart,
    paint(snapshot, change) {
      const now = performance.now();
      const rapid = now - changedAt < RAPID || cost > COSTLY;
      changedAt = now;
      lines.update(() => snapshot.entries, change);
      chosen = lines.greatest(encoding.limit ?? Infinity);
      none.hidden = chosen.some(({ ys }) => ys.some((y) => y === y));
      setText(none, lines.size === 0 ? "no rows" : `no values of ${measures}`);
      const left = lines.size - chosen.length;
      const notes = [
        ...(left > 0 ? [`the ${chosen.length} greatest of ${formatNumber(lines.size)} lines`] : []),
        ...(lines.placeless > 0 ? [`${countRows(lines.placeless)} without ${xColumn?.name ?? "x"} not shown`] : []),
      ];
      setText(foot, notes.join(" · "));
      foot.hidden = notes.length === 0;
      setAttribute(plot, "aria-label", `${measures} by ${xColumn?.name}, ${lines.size} ${lines.size === 1 ? "line" : "lines"}; arrow keys read them, with Shift select, + and - zoom`);
      if (keys.paint(chosen, swatch) || chart.width === NARROWEST) resize();
      if (zoom) draw();
      else move(change !== null && !rapid && !matchMedia("(prefers-reduced-motion: reduce)").matches);
    },
    summary,
    selected(selection) {
      choosing.selected(selection);
      draw();
    },
    resize,
    destroy() {
      cancelAnimationFrame(frame);
      chart.destroy();
      root.remove();
    },
  };
  return view;
}
