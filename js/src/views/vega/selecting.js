import { cellOf, placeOf } from "../ends.js";
import { identifying, placesOf, selectionOf, toggled } from "../selected.js";

/** @typedef {import("vega").View} View */
/** @typedef {import("../view.js").Column} Column */
/** @typedef {import("../../sync/protocol.js").Row} Row */
/** @typedef {import("../../sync/protocol.js").Selection} Selection */
/** @typedef {import("../../sync/protocol.js").Span} Span */
/** @typedef {import("../../sync/protocol.js").Values} Values */
/** @typedef {import("./tuples.js").Tuple} Tuple */

/** One of a chart's selections, as Vega-Lite compiles it. */
/** @typedef {{ name: string, unit: string, fields: Field[], pixels: (string | undefined)[] }} Param `pixels`: signals of a rectangle's sides */
/** @typedef {{ field: string, channel?: string, type: string }} Field */

/** @param {any} compiled @param {(node: Record<string, any>) => void} visit */
function walk(compiled, visit) {
  if (typeof compiled !== "object" || compiled === null) return;
  if (!Array.isArray(compiled)) visit(compiled);
  for (const child of Object.values(compiled)) walk(child, visit);
}

/**
 * The selections of a chart.
 *
 * @param {Record<string, any>} compiled
 * @returns {Param[]}
 */
function paramsOf(compiled) {
  /** @type {Map<string, any>} */
  const signals = new Map();
  walk(compiled, (node) => typeof node["name"] === "string" && signals.set(node["name"], node));
  const names = (compiled["data"] ?? []).flatMap((/** @type {{ name: string }} */ { name }) => /^(.+)_store$/.exec(name)?.[1] ?? []);
  return names.map((/** @type {string} */ name) => {
    /** @type {Field[]} */
    const fields = signals.get(`${name}_tuple_fields`)?.value ?? [];
    const unit = /unit: "([^"]*)"/.exec(String(signals.get(`${name}_tuple`)?.on?.[0]?.update))?.[1] ?? "";
    // A field may be called as the channel is: then one of the two signals has a number.
    const pixels = fields.map(({ channel }) =>
      [`${name}_${channel}`, `${name}_${channel}_1`].find((signal) => Array.isArray(signals.get(signal)?.value)),
    );
    return { name, unit, fields, pixels };
  });
}

/** @param {unknown} value */
const plain = (value) => (value instanceof Date ? Number(value) : value);

/**
 * An end of an interval on Vega's axes, which are drawn in the reader's zone whatever the column.
 *
 * @param {unknown} value
 * @param {(at: number) => number} inwards
 * @param {Column} column
 */
function endOf(value, inwards, column) {
  const at = new Date(Number(value));
  const wall = Date.UTC(at.getFullYear(), at.getMonth(), at.getDate(), at.getHours(), at.getMinutes(), at.getSeconds(), at.getMilliseconds());
  return cellOf(column.kind === "time" && column.type !== "timestamptz" ? wall : Number(value), inwards, column);
}

/**
 * Carries what is selected between a chart's own selections and the view.
 *
 * @param {View} view
 * @param {Record<string, any>} compiled
 * @param {import("../view.js").Host} host
 * @param {import("./tuples.js").Tuples} tuples
 */
export function mountSelecting(view, compiled, host, tuples) {
  const { columns } = host;
  const params = paramsOf(compiled);
  /** Whether what the chart tells is what it has just been told, or that nothing is selected in it yet. */
  let telling = true;
  /** What this chart has made the selection. */
  let own = JSON.stringify(null);

  const columnAt = (/** @type {string} */ field) => columns.findIndex(({ name }) => name === field);

  /**
   * @param {Record<string, unknown>[]} points
   * @returns {Selection}
   */
  function ofPoints(points) {
    const fields = Object.keys(points[0] ?? {});
    const places = fields.map(columnAt);
    if (fields[0] === "_vgsid_") {
      const ids = new Set(points.map((point) => point["_vgsid_"]));
      const rows = tuples.rows((tuple) => ids.has(tuple["_vgsid_"]));
      return selectionOf(columns, identifying(columns, tuples.entries, rows), rows);
    }
    if (places.some((i) => i < 0)) return null;
    // The chart has doubles and moments; what the database wrote is in the rows.
    const rows = points.flatMap((point) => {
      const is = (/** @type {Tuple} */ tuple) => fields.every((field) => plain(tuple[field]) === plain(point[field]));
      return tuples.rows(is, 1);
    });
    return selectionOf(columns, places, rows);
  }

  /**
   * @param {Record<string, unknown[]>} intervals
   * @returns {Selection}
   */
  function ofIntervals(intervals) {
    /** @type {Record<string, Values | Span>} */
    const selection = {};
    for (const [field, ends] of Object.entries(intervals)) {
      const column = columns[columnAt(field)];
      if (column === undefined || !Array.isArray(ends) || ends.length === 0) continue;
      if (column.kind === "number" || column.kind === "time") {
        const sorted = ends.map(Number).sort((a, b) => a - b);
        selection[field] = { low: endOf(sorted[0], Math.ceil, column), high: endOf(sorted.at(-1), Math.floor, column) };
      } else selection[field] = /** @type {Values} */ ({ values: ends });
    }
    return Object.keys(selection).length > 0 ? selection : null;
  }

  for (const { name } of params) {
    view.addSignalListener(name, (_, value) => {
      if (telling) return;
      const points = value?.vlPoint?.or;
      const selection = points ? ofPoints(points) : ofIntervals(value ?? {});
      own = JSON.stringify(selection);
      host.select(selection);
    });
  }

  /**
   * What Vega keeps of a selection.
   *
   * @param {Param} param
   * @param {Selection} selection
   */
  function stored({ unit, fields }, selection) {
    if (selection === null) return [];
    if (fields.length === 0) {
      const places = placesOf(columns, selection);
      if (places === null) return [];
      const key = (/** @type {Row} */ row) => JSON.stringify(places.map((i) => row[i]));
      const lists = places.map((i) => /** @type {Values} */ (selection[columns[i]?.name ?? ""]).values);
      const keys = new Set((lists[0] ?? []).map((_, n) => JSON.stringify(lists.map((list) => list[n]))));
      return tuples.ids((row) => keys.has(key(row))).map((id) => ({ unit, _vgsid_: id }));
    }
    const choices = fields.map(({ field }) => selection[field]);
    if (choices.some((choice) => choice === undefined)) return [];
    const converted = fields.map(({ field }, n) => {
      const choice = /** @type {Values | Span} */ (choices[n]);
      const column = /** @type {Column} */ (columns[columnAt(field)]);
      if ("values" in choice) return choice.values.map((value) => tuples.convert(column, value));
      return [choice.low, choice.high].map((end) => endIn(end, column));
    });
    const isOnAxes = fields.some(({ channel }) => channel !== undefined);
    if (isOnAxes && !choices.some((choice) => choice && "values" in choice)) return [{ unit, fields, values: converted }];
    return (converted[0] ?? []).map((_, n) => ({ unit, fields, values: converted.map((list) => list[n]) }));
  }

  /**
   * An end of an interval as Vega has it.
   *
   * @param {import("../../sync/protocol.js").Value} end
   * @param {Column} column
   */
  function endIn(end, column) {
    if (end === null) return null;
    return column.kind === "time" ? tuples.convert(column, end) : placeOf(end, column);
  }

  /** @param {Param} param */
  const isInterval = ({ fields }) => fields.some(({ type }) => type.startsWith("R"));

  return {
    /** Whether there is anything by which a mark, or what lies between two, can be selected. */
    picks: params.some((param) => !isInterval(param)),
    spans: params.some(isInterval),

    /**
     * Select a mark as a click would, or take it back.
     *
     * @param {Tuple} datum
     * @param {boolean} also besides what is selected
     */
    pick(datum, also) {
      const param = params.find((one) => !isInterval(one));
      if (param === undefined) return;
      const fields = param.fields.length > 0 ? param.fields.map(({ field }) => field) : ["_vgsid_"];
      const alone = ofPoints([Object.fromEntries(fields.map((field) => [field, datum[field]]))]);
      const places = placesOf(columns, alone);
      if (alone === null || places === null) return;
      /** @type {import("../../sync/protocol.js").Value[]} */
      const row = [];
      for (const i of places) row[i] = /** @type {Values} */ (alone[columns[i]?.name ?? ""]).values[0] ?? null;
      const isAlone = JSON.stringify(alone) === JSON.stringify(host.selected());
      host.select(also ? toggled(columns, places, host.selected(), row) : isAlone ? null : alone);
    },

    /**
     * Select what lies between two marks, on the axes of the chart's interval.
     *
     * @param {Tuple} from
     * @param {Tuple} to
     */
    span(from, to) {
      const param = params.find(isInterval);
      const ends = param?.fields.map(({ field }) => [field, [...new Set([from[field], to[field]])]]);
      if (ends) host.select(ofIntervals(Object.fromEntries(ends)));
    },

    /**
     * Let the chart show what is selected elsewhere.
     *
     * @param {Selection} selection
     */
    async selected(selection) {
      try {
        if (JSON.stringify(selection) === own || params.length === 0) return;
        own = JSON.stringify(selection);
        telling = true;
        for (const param of params) {
          const values = stored(param, selection);
          view.data(`${param.name}_store`, values);
          param.fields.forEach((_, n) => brush(param, n, values[0]));
        }
        await view.runAsync();
      } finally {
        telling = false;
      }
    },
  };

  /**
   * Draw the rectangle of an interval, where the chart is one that lets us.
   *
   * @param {Param} param
   * @param {number} n which of its sides
   * @param {any} stored
   */
  function brush({ unit, fields, pixels }, n, stored) {
    const [signal, channel] = [pixels[n], fields[n]?.channel];
    if (unit !== "" || signal === undefined || channel === undefined) return;
    const scale = /** @type {any} */ (view).scale(channel);
    const ends = /** @type {number[] | undefined} */ (stored?.values[n]);
    view.signal(signal, ends ? ends.map((end) => scale(end)) : []);
  }
}
