import { View, parse } from "vega";
import { expressionInterpreter } from "vega-interpreter";
import { compile } from "vega-lite";
import { element, keepKeys, keepText, setAttribute, setText } from "../dom.js";
import { countRows, formatNumber } from "./numbers.js";
import { mountAloud } from "./aloud.js";
import { mountKeys } from "./vega/keys.js";
import { groundOf, spread, themeConfig } from "./vega/theme.js";
import { mountTooltip } from "./vega/tooltip.js";
import { mountSelecting } from "./vega/selecting.js";
import { Tuples } from "./vega/tuples.js";
import style from "./vega/style.css";

/** @typedef {import("./view.js").Mount} Mount */
/** @typedef {import("./view.js").Snapshot} Snapshot */
/** @typedef {Record<string, any>} Spec */

/** Rows from which on marks are pixels rather than nodes of the page. */
const MANY = 1_000;
/** Rows up to which Vega is tried: it takes seconds for as many points, and gigabytes for ten times as many. */
const MOST = 100_000;
/** Milliseconds that each of two drawings takes when the chart is said to lag; it is said until one takes half of that. */
const SLOW = 500;
/** Milliseconds from which on a drawing holds up its page, which then has as long for all else. */
const LONG = 50;
/** What joins several charts in one: Vega-Lite sizes those by their parts. */
const PARTS = ["hconcat", "vconcat", "concat", "facet", "repeat"];

/**
 * The chart with the height that its frame has, if it can be given one.
 *
 * @param {Spec} spec
 * @param {number} height pixels, 0 for its own
 */
function fitted(spec, height) {
  const parts = PARTS.some((name) => name in spec) || ["row", "column", "facet"].some((name) => name in (spec["encoding"] ?? {}));
  if (height === 0 || parts) return spec;
  const { type = "fit", ...autosize } = spec["autosize"] ?? {};
  return { ...spec, height, autosize: { contains: "padding", ...autosize, type: type === "fit-x" ? "fit" : type } };
}

/**
 * Where Vega and Vega-Lite tell of what is wrong.
 *
 * @param {(message: string) => void} failed
 */
function logger(failed) {
  const own = {
    level: () => own,
    error: (/** @type {unknown[]} */ ...words) => (failed(words.map(sentence).join(" ")), own),
    warn: () => own,
    info: () => own,
    debug: () => own,
  };
  return /** @type {any} */ (own);
}

/** @param {unknown} error */
const sentence = (error) => (error instanceof Error ? error.message : String(error));

/**
 * Any Vega-Lite chart, kept up by what comes and goes.
 *
 * @type {Mount}
 */
export function mount(el, encoding, host) {
  const spec = /** @type {Spec} */ (encoding["spec"]);
  const dataset = String(encoding["data"] ?? spec["data"]?.name ?? "live");
  const renderer = spec["usermeta"]?.embedOptions?.renderer;

  const chartEl = element("div", "mzw-chart");
  const ground = groundOf(spec);
  setAttribute(chartEl, "data-ground", ground);
  keepKeys(chartEl);
  keepText(chartEl, host.signal);
  const notice = element("div", "mzw-notice");
  notice.hidden = true;
  const none = element("div", "mzw-none", "no rows");
  none.hidden = true;
  const foot = element("div", "mzw-foot");
  foot.hidden = true;
  const root = element("div", "mzw-vega", element("style", "", style), notice, chartEl, none, foot);
  el.append(root);
  const tooltip = mountTooltip(root);
  const aloud = mountAloud(host.signal);
  root.append(aloud.root);

  /** @type {{ view: View, theme: string, fluid: boolean, selecting: ReturnType<typeof mountSelecting> } | null} */
  let chart = null;
  /** @type {Tuples | null} */
  let tuples = null;
  let failed = "";
  let [running, due] = [false, false];
  let slow = false;
  let before = 0;
  const keys = mountKeys(
    chartEl,
    {
      view: () => chart?.view ?? null,
      keyOf: (datum) => JSON.stringify(host.columns.map(({ kind, name }) => (kind === "number" ? 0 : datum[name]))),
      say: aloud.answer,
      pick: (datum, also) => chart?.selecting.pick(datum, also),
      span: (from, to) => chart?.selecting.span(from, to),
      clear: () => host.select(null),
    },
    host.signal,
  );

  /** Say if drawing takes long, and let the page do something else for as long. */
  async function rest(/** @type {number} */ took) {
    slow = Math.min(took, slow ? Infinity : before) > (slow ? SLOW / 2 : SLOW); // one alone waited for a page that loads
    before = took;
    setText(foot, slow ? `a drawing takes ${(took / 1000).toFixed(1)} s, so this picture lags; let the query count, group or sample its ${formatNumber(rows)} rows` : "");
    foot.hidden = !slow;
    if (took > LONG) await new Promise((done) => setTimeout(done, took));
  }

  /** @param {string} why */
  function fail(why) {
    failed = why;
  }

  function say() {
    setText(notice, failed && `Vega cannot draw this chart: ${failed}`);
    notice.hidden = failed === "";
  }

  const themed = () => themeConfig(chartEl, ground === null ? host.dark() : ground === "dark");

  /** @param {number} size rows */
  function build(size) {
    const config = themed();
    const own = fitted({ ...spec, data: spec["data"] ?? { name: dataset } }, host.height);
    const compiled = compile(/** @type {any} */ (own), { config: /** @type {any} */ (config), logger: logger(fail) }).spec;
    if (!compiled.data?.some(({ name }) => name === dataset)) throw new Error(`it draws nothing of the view (data ${JSON.stringify(dataset)})`);
    if (host.height > 0 && own["autosize"]?.type === "fit") spread(/** @type {any} */ (compiled), host.height);
    const view = new View(parse(compiled, undefined, { ast: true }), {
      expr: expressionInterpreter,
      renderer: renderer ?? (size > MANY ? "canvas" : "svg"),
      logger: logger(fail),
      tooltip: tooltip.show,
      container: chartEl,
      hover: true,
    });
    const identifies = JSON.stringify(compiled).includes('"type":"identifier"');
    if (tuples === null) tuples = new Tuples(host.columns, identifies);
    else tuples.renew();
    const selecting = mountSelecting(view, /** @type {any} */ (compiled), host, tuples);
    const acts = [selecting.picks ? ", Enter selects" : "", selecting.spans ? ", with Shift select" : ""].join("");
    view.description(`${spec["description"] ?? describe(spec, host.columns)}; arrow keys read it${acts}`);
    chart = { view, theme: JSON.stringify(config), fluid: spec["width"] === "container", selecting };
  }

  function drop() {
    chart?.view.finalize();
    chart = null;
    chartEl.replaceChildren();
  }

  /** Let Vega draw what has come and gone. While it does, more may come, or another width: then it draws once more. */
  async function run() {
    due = true;
    if (running || chart === null || tuples === null) return;
    running = true;
    try {
      while (due) {
        due = false;
        failed = "";
        const began = performance.now();
        const change = tuples.takeChange();
        if (change) chart.view.change(dataset, change);
        await chart.view.runAsync();
        if (host.signal.aborted) return;
        await rest(performance.now() - began);
        if (host.signal.aborted || chart === null) return;
        if (!due) await chart.selecting.selected(host.selected());
      }
      keys.follow();
    } catch (error) {
      fail(sentence(error));
    } finally {
      running = false;
    }
    say();
  }

  /** @param {() => void} act */
  function attempt(act) {
    try {
      act();
    } catch (error) {
      fail(sentence(error));
      say();
    }
  }

  let rows = 0;
  /** @type {import("./view.js").View & { chart: View | null, drawing: boolean }} */
  const own = {
    /** The chart as Vega has it, once there is one. */
    get chart() {
      return chart?.view ?? null;
    },
    /** Whether Vega draws, or rests from it: what it was told may not be seen yet. */
    get drawing() {
      return running;
    },
    paint(snapshot, change) {
      rows = snapshot.size;
      none.hidden = rows > 0;
      if (rows > MOST) {
        drop();
        tuples = null;
        failed = `it has ${formatNumber(rows)} rows, and ${formatNumber(MOST)} are the most; let the query count, group or sample them`;
        say();
        return;
      }
      const anew = tuples === null;
      if (chart === null) attempt(() => ((failed = ""), build(rows), say()));
      tuples?.update(() => snapshot.entries, anew || chart === null ? null : change);
      void run();
    },
    selected: () => void run(),
    summary: () => countRows(rows),
    resize() {
      if (chart === null) return;
      const { view, theme, fluid } = chart;
      if (JSON.stringify(themed()) !== theme) {
        drop();
        attempt(() => build(rows));
      } else if (!fluid || view.width() === chartEl.clientWidth || chartEl.clientWidth === 0) return;
      else view.width(chartEl.clientWidth);
      void run();
    },
    destroy() {
      drop();
      root.remove();
    },
  };
  return own;
}

/**
 * What a chart shows, for those who do not see it.
 *
 * @param {Spec} spec
 * @param {readonly import("./view.js").Column[]} columns
 */
function describe({ title, mark }, columns) {
  const name = typeof title === "string" ? title : title?.text;
  const kind = typeof mark === "string" ? mark : mark?.type;
  return String(name ?? `${kind ? `${kind} ` : ""}chart of ${columns.map((column) => column.name).join(", ")}`);
}
