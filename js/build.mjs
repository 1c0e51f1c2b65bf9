import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {esbuild.BuildOptions} */
const options = {
  entryPoints: [
    { in: here("src/widget.js"), out: "widget" },
    { in: here("src/style.css"), out: "widget" },
  ],
  outdir: here("../mzwidget/static"),
  bundle: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"],
  charset: "utf8",
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
