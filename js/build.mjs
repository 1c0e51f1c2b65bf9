import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/**
 * Every model imports its bundle under an address of its own, and a page compiles and keeps each of them for ever. So
 * only the first of equal bundles is evaluated; the others find what it exports.
 */
const KEY = "mzwidget CONTENT";
const FOLDER = here("../mzwidget/static");

/** @type {esbuild.Plugin} */
const nameByContent = {
  name: "name-by-content",
  setup(build) {
    build.onEnd(async ({ outputFiles = [] }) => {
      await mkdir(FOLDER, { recursive: true });
      for (const { path, text, hash } of outputFiles) {
        await writeFile(path, text.replace(KEY, KEY.replace("CONTENT", hash)));
      }
    });
  },
};

/** @type {esbuild.BuildOptions} */
const options = {
  entryPoints: [
    { in: here("src/widget.js"), out: "widget" },
    { in: here("src/style.css"), out: "widget" },
  ],
  outdir: FOLDER,
  bundle: true,
  write: false,
  format: "iife",
  globalName: "bundle",
  banner: { js: `export default globalThis[Symbol.for("${KEY}")]??=load();function load(){` },
  footer: { js: "return bundle.default}" },
  plugins: [nameByContent],
  target: ["chrome123", "firefox120", "safari17.5"],
  charset: "ascii", // half the memory of text with a single character beyond Latin 1
  minify: true,
  legalComments: "none",
  logLevel: "info",
};

if (process.argv.includes("--watch")) {
  const context = await esbuild.context({ ...options, minify: false, sourcemap: "inline" });
  await context.watch();
} else {
  await esbuild.build(options);
}
