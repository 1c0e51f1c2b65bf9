/**
 * An extension of JupyterLab and Notebook. Where a notebook is opened whose views no kernel knows, they say that there is
 * an error; with it they show what was kept of them, and what to do. It is what a bundler would make of it: a container
 * that is handed the page's own modules.
 *
 * @module
 */

(() => {
  const VIEW = "application/vnd.jupyter.widget-view+json";
  /** What stands in an output whose widget no kernel and no notebook knows. */
  const LOST = "Error displaying widget: model not found";
  /** What is in HTML that was kept of a view: see `mzwidget.charts.static`. */
  const KEPT = '<div class="mzw-kept">';

  /** @typedef {Record<string, Record<string, { get: () => Promise<() => any> }>>} Modules by name and version */

  /** @type {Modules} */
  let modules = {};

  /** @param {string} name */
  async function shared(name) {
    const [found] = Object.values(modules[name] ?? {});
    return (await found?.get())?.();
  }

  /**
   * Let the outputs of a notebook show what was kept where the view cannot be.
   *
   * @param {any} rendermime what makes them
   */
  function keep(rendermime) {
    const create = rendermime.createRenderer.bind(rendermime);
    rendermime.createRenderer = (/** @type {string} */ type) => {
      const output = create(type);
      if (type !== VIEW) return output;
      const render = output.renderModel.bind(output);
      output.renderModel = async (/** @type {any} */ model) => {
        await render(model);
        if (output.node.textContent !== LOST || !String(model.data["text/html"]).includes(KEPT)) return;
        const kept = create("text/html");
        await kept.renderModel(model);
        kept.node.style.overflow = "auto"; // a wide table
        const note = document.createElement("p");
        note.textContent = "This was kept of the view; run the cell to see it live.";
        output.node.replaceChildren(note, kept.node);
      };
      return output;
    };
  }

  const page = /** @type {any} */ (globalThis);
  page._JUPYTERLAB ??= {};
  page._JUPYTERLAB.mzwidget = {
    init(/** @type {Modules} */ scope) {
      modules = scope;
    },
    async get() {
      const notebook = await shared("@jupyterlab/notebook");
      const plugin = {
        id: "mzwidget:kept",
        autoStart: true,
        optional: notebook === undefined ? [] : [notebook.INotebookTracker], // Voila has no notebooks
        activate: (/** @type {unknown} */ _app, /** @type {any} */ notebooks) =>
          notebooks?.widgetAdded.connect((/** @type {unknown} */ _, /** @type {any} */ panel) => keep(panel.content.rendermime)),
      };
      return () => ({ __esModule: true, default: plugin });
    },
  };
})();
