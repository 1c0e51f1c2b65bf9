/** What a Vega chart holds and draws, in a form that two charts can be compared by. */

import { Picture, frames, randomNumbers, stamp } from "./pictures.js";

/** Numbers to what can be seen; of a gradient its stops, as it is numbered through the page. */
const round = (value) => (typeof value === "number" ? +value.toFixed(3) + 0 : (value?.stops ?? value));

/** A row's own values: what else Vega keeps on it belongs to other parts of the chart. */
function plain(tuple) {
  return Object.entries(tuple)
    .filter(([name, value]) => name !== "_vgsid_" && (value === null || value instanceof Date || typeof value !== "object"))
    .map(([name, value]) => [name, value instanceof Date ? +value : round(value)])
    .sort();
}

const DRAWN = ["x", "y", "x2", "y2", "width", "height", "fill", "stroke", "opacity", "text", "startAngle", "endAngle", "size", "shape", "angle", "defined"];

function marks(mark, path = "") {
  const place = `${path}/${mark.marktype}:${mark.role ?? ""}`;
  const items = mark.items.map((item) => [
    place,
    Object.fromEntries(DRAWN.filter((name) => item[name] !== undefined).map((name) => [name, round(item[name])])),
    ...(item.items ?? []).flatMap((inner) => marks(inner, place)),
  ]);
  const texts = items.map((item) => JSON.stringify(item));
  return mark.marktype === "line" || mark.marktype === "area" ? texts : texts.sort();
}

/** The rows that reach the marks, and everything that is drawn. */
export function told(view) {
  const names = Object.keys(view._runtime.data).filter((name) => name === "live" || name.startsWith("data_"));
  const rows = names.map((name) => [name, view.data(name).map((tuple) => JSON.stringify(plain(tuple))).sort()]);
  return { rows, marks: marks(view.scenegraph().root) };
}

/** Let a view change at random, and say how its chart differs from one drawn of the same rows from the start. */
export async function churn(kind, columns, spec, seed, steps) {
  const random = randomNumbers(seed);
  const some = (values) => values[random(values.length)];
  const row = () => [
    some(["ann", "bob", "cleo", "<i>dan</i>", null]),
    some(["red", "green", "blue", null]),
    random(8) ? random(100) - 20 : some([null, "17.5", "NaN"]),
    random(10) ? stamp(Date.UTC(2026, 10, 25, random(12), random(60))) : null,
  ];
  const rows = Array.from({ length: 25 }, row);
  const live = new Picture(kind, columns, { kind: "vega", data: "live", spec }, rows);
  for (let step = 0; step < steps; step++) {
    for (let i = random(3); i >= 0; i--) {
      if (rows.length > 5 && random(2)) rows.splice(random(rows.length), 1);
      else rows.push(random(6) || rows.length === 0 ? row() : some(rows).slice());
    }
    live.become(rows.slice(), random(100) === 0);
    if (random(4) === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await settle(live);
  const fresh = new Picture(kind, columns, { kind: "vega", data: "live", spec }, live.rows);
  await settle(fresh);
  const [now, then] = [told(live.view.chart), told(fresh.view.chart)];
  const result = { size: live.rows.length, marks: then.marks.length, rows: then.rows.length, differences: [] };
  for (const part of ["rows", "marks"]) {
    if (JSON.stringify(now[part]) !== JSON.stringify(then[part])) result.differences.push([part, now[part], then[part]]);
  }
  live.close();
  fresh.close();
  return result;
}

/** Wait until a chart has drawn all it was told. */
export async function settle(picture) {
  for (let i = 0; i < 3 || picture.view.drawing; i++) {
    await frames(1);
    await picture.view.chart?.runAsync();
  }
}

Object.assign(window, { churn, settle, told });
