import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

/**
 * Who may import whom. Pictures know an element, an encoding and snapshots, and of these only the types; `sync` knows
 * neither the DOM nor the comm; nobody but `widget.js` (and whom it hands its model) knows anywidget.
 *
 * @type {Record<string, { code: string[], types: string[] }>}
 */
const MAY = {
  sync: { code: ["sync"], types: ["sync"] },
  views: { code: ["views", "dom.js", "package"], types: ["views", "sync", "package"] },
  display: { code: ["display", "views", "sync", "dom.js"], types: ["display", "views", "sync"] },
  "dom.js": { code: [], types: [] },
  "hearing.js": { code: [], types: ["anywidget"] },
  "poster.js": { code: ["sync"], types: ["anywidget"] },
  "saved.js": { code: ["sync"], types: ["sync"] }, // which stands where the kernel was
  "widget.js": { code: ["hearing.js", "poster.js", "display", "sync"], types: ["anywidget", "display", "sync"] },
};

const SRC = fileURLToPath(new URL("../src/", import.meta.url));
const CODE = /^\s*(?:import|export)\b[^"';]*?\bfrom\s+["']([^"']+)["']|^\s*import\s+["']([^"']+)["']/gm;
const CALL = /\bimport\(\s*["']([^"']+)["']\s*\)/g; // in a comment a type, else a module that is loaded later
const COMMENT = /\/\*.*?\*\//gs;

/** @typedef {{ from: string, to: string, kind: "code" | "types" }} Import */

/**
 * @param {string} file its path below `src`
 * @param {string} text
 * @returns {Import[]}
 */
function importsOf(file, text) {
  const target = (/** @type {string} */ to) => (to.startsWith(".") ? join(dirname(file), to) : to);
  const found = (/** @type {string} */ within, /** @type {RegExp} */ pattern, /** @type {Import["kind"]} */ kind) =>
    [...within.matchAll(pattern)].map(([, one, other]) => ({ from: file, to: target(one ?? other ?? ""), kind }));
  const code = text.replaceAll(COMMENT, "");
  const comments = (text.match(COMMENT) ?? []).join("\n");
  return [...found(code, CODE, "code"), ...found(code, CALL, "code"), ...found(comments, CALL, "types")];
}

/**
 * @param {string} to
 * @returns {string} the room of a module
 */
function roomOf(to) {
  if (to.startsWith("@anywidget/")) return "anywidget";
  if (!to.endsWith(".js")) return "package";
  return to.split("/")[0] ?? "";
}

/**
 * @param {Record<string, string>} sources by path below `src`
 * @returns {string[]} what is against the rules
 */
function violations(sources) {
  const imports = Object.entries(sources).flatMap(([file, text]) => importsOf(file, text));
  const forbidden = imports
    .filter(({ from, to, kind }) => !MAY[roomOf(from)]?.[kind].includes(roomOf(to)))
    .map(({ from, to, kind }) => `${from} may not import ${to}${kind === "types" ? ", not even its types" : ""}`);
  const code = imports.filter(({ kind }) => kind === "code");
  /** @param {string[]} path @returns {string[]} */
  const circle = (path) =>
    code
      .filter(({ from }) => from === path.at(-1))
      .flatMap(({ to }) => (to === path[0] ? [`circle: ${[...path, to].join(" → ")}`] : path.includes(to) ? [] : circle([...path, to])));
  return [...new Set([...forbidden, ...Object.keys(sources).flatMap((file) => circle([file]))])];
}

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".js"));
const sources = Object.fromEntries(files.map((file) => [file, readFileSync(join(SRC, file), "utf8")]));

test("every module keeps to its room", () => {
  assert.ok(files.length > 25);
  assert.ok(Object.entries(sources).flatMap(([file, text]) => importsOf(file, text)).length > 80);
  assert.deepEqual(violations(sources), []);
});

test("a module that does not is named", () => {
  /** @type {[string, string, string][]} */
  const broken = [
    ["sync/store.js", 'import { element } from "../dom.js";', "sync/store.js may not import dom.js"],
    ["sync/store.js", 'import { mountFrame } from "../display/frame.js";', "sync/store.js may not import display/frame.js"],
    ["views/bars.js", 'import { Store } from "../sync/store.js";', "views/bars.js may not import sync/store.js"],
    ["views/bars.js", '/** @type {import("../display/frame.js").X} */', "views/bars.js may not import display/frame.js, not even its types"],
    ["display/frame.js", '/** @type {import("@anywidget/types").AnyModel} */', "display/frame.js may not import @anywidget/types, not even its types"],
    ["display/frame.js", 'import "d3-selection";', "display/frame.js may not import d3-selection"],
    ["views/bars.js", 'const later = () => import("../sync/store.js");', "views/bars.js may not import sync/store.js"],
    ["dom.js", 'export * from "./sync/id.js";', "dom.js may not import sync/id.js"],
    ["views/order.js", 'import {\n  mount,\n} from "./bars.js";', "circle: views/order.js → views/bars.js → views/order.js"],
    ["other/new.js", 'import { element } from "../dom.js";', "other/new.js may not import dom.js"],
  ];
  for (const [file, text, problem] of broken) {
    const found = violations({ ...sources, [file]: `${text}\n${sources[file] ?? ""}` });
    assert.ok(found.includes(problem), `${problem}: ${found.join("; ")}`);
  }
});
