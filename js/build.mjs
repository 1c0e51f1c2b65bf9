import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

const FOLDER = here("../mzwidget/static");

/**
 * The module that every model brings along, in its messages and in the saved notebook: half as long when it is packed.
 *
 * Every model imports it under an address of its own, and a page compiles and keeps each of them for ever. So only the
 * first of equal bundles is unpacked and evaluated; the others find what it exports.
 *
 * @param {string} script a module
 * @param {string} hash of it
 */
const wrapped = (script, hash) => `const packed="${gzipSync(script, { level: 9 }).toString("base64")}";
async function load(){
const bytes=Uint8Array.from(atob(packed),(letter)=>letter.charCodeAt(0));
const script=await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
const address=URL.createObjectURL(new Blob([script],{type:"text/javascript"}));
try{return(await import(address)).default}finally{URL.revokeObjectURL(address)}
}
export default await(globalThis[Symbol.for("mzwidget ${hash}")]??=load());
`;

/** @type {esbuild.Plugin} */
const wrap = {
  name: "wrap",
  setup(build) {
    build.onEnd(async ({ outputFiles = [] }) => {
      await mkdir(FOLDER, { recursive: true });
      for (const { path, text, hash } of outputFiles) {
        await writeFile(path, path.endsWith(".js") ? wrapped(text, hash) : text);
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
  format: "esm",
  plugins: [wrap],
  target: ["chrome123", "firefox120", "safari17.5"],
  charset: "ascii", // half the memory of text with a single character beyond Latin 1
  minify: true,
  legalComments: "none",
  logLevel: "info",
};

/**
 * Kinds of picture that bring a library with them: modules that a page asks for when it first draws one.
 *
 * @type {esbuild.BuildOptions}
 */
const assets = {
  ...options,
  entryPoints: [
    ...["line", "vega"].map((name) => ({ in: here(`src/views/${name}.js`), out: name })),
    { in: here("src/saved.js"), out: "saved" },
  ],
  write: true,
  loader: { ".css": "text" },
  plugins: [],
  metafile: true,
};

/**
 * The licences of the packages that are in a bundle.
 *
 * @param {string[]} inputs
 */
async function licences(inputs) {
  const packages = new Set(inputs.flatMap((path) => /.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? []));
  /** @type {Map<string, string[]>} */
  const texts = new Map();
  for (const path of [...packages].sort()) {
    const folder = here(path);
    const { name, version, license } = JSON.parse(await readFile(`${folder}/package.json`, "utf-8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file ? (await readFile(`${folder}/${file}`, "utf-8")).trim() : `License: ${license}`;
    texts.set(text, [...(texts.get(text) ?? []), `${name} ${version}`]);
  }
  return [...texts].map(([text, names]) => `${names.join(", ")}\n\n${text}\n`).join(`\n${"-".repeat(80)}\n\n`);
}

if (process.argv.includes("--watch")) {
  for (const each of [options, assets]) {
    const context = await esbuild.context({ ...each, minify: false, sourcemap: "inline" });
    await context.watch();
  }
} else {
  await esbuild.build(options);
  const { metafile } = await esbuild.build(assets);
  await writeFile(`${FOLDER}/licenses.txt`, await licences(Object.keys(metafile?.inputs ?? {})));
}
