/**
 * A stand-in for what is around the widget in a notebook: anywidget's model and its comm, and the
 * kernel that publishes a view. The bundle under test is the real one.
 */

export class FakeModel {
  constructor(traits) {
    this.traits = { base: {}, delta: {}, status: {}, options: {}, name: "", note: "", group: "", control: "", selected: null, ...traits };
    this.handlers = new Map();
    this.sent = [];
    this.gone = false;
  }

  get = (name) => this.traits[name];

  on = (name, callback) => {
    this.handlers.set(name, [...(this.handlers.get(name) ?? []), callback]);
  };

  off = (name, callback) => {
    const kept = callback === undefined ? [] : (this.handlers.get(name) ?? []).filter((own) => own !== callback);
    this.handlers.set(name, kept);
  };

  send = (message) => {
    if (this.gone) throw new Error("Cannot send");
    this.sent.push(message);
    if (message.type === "select") this.set("selected", message.selection);
    this.hear?.(message);
  };

  emit(name, ...what) {
    for (const callback of this.handlers.get(name) ?? []) callback(...what);
  }

  set(name, value) {
    this.traits[name] = value;
    this.emit(`change:${name}`);
  }
}

/** The picture that a kernel would choose for these columns, of those that are tested here. */
function encodingOf(columns, limit) {
  const indexes = (isNumber) => columns.flatMap(({ kind }, i) => ((kind === "number") === isNumber ? [i] : []));
  const [labels, numbers] = [indexes(false), indexes(true)];
  const table = { kind: "table", channels: {}, order: [], limit: limit ?? 100 };
  if (columns.length === 1 && numbers.length === 1) return { kind: "number", channels: { value: numbers }, order: [], table };
  if (labels.length !== 1 || numbers.length !== 1) return table;
  const order = [[numbers[0], true, false], [labels[0], false, false]];
  const limits = { limit: limit ?? 20, reserve: Math.min(limit ?? 0, 20) };
  return { kind: "bars", channels: { label: labels, value: numbers }, order, ...limits, table };
}

/** A view as the kernel has it: every state it ever had, and when, by sequence number. */
export class FakeView {
  constructor(columns, rows, { title, limit, height, encoding, status, ...traits } = {}) {
    this.columns = columns.map(([name, kind]) => ({ name, type: kind === "number" ? "int8" : kind, kind }));
    this.encoding = encoding ?? encodingOf(this.columns, limit);
    this.epoch = "epoch-1";
    this.seq = 0;
    this.states = [rows];
    this.times = [1_700_000_000_000];
    this.model = new FakeModel({ options: { title, limit, height }, ...traits, base: this.base(), status: this.statusNow(status) });
  }

  get rows() {
    return this.states[this.seq];
  }

  base() {
    const counts = count(this.rows);
    return {
      epoch: this.epoch,
      seq: this.seq,
      time: this.timeOf(this.seq),
      columns: this.columns,
      encoding: this.encoding,
      rows: [...counts.keys()].map((row) => JSON.parse(row)),
      counts: [...counts.values()],
    };
  }

  timeOf(seq) {
    return this.times[seq];
  }

  statusNow(status) {
    return { state: "live", message: "", time: Date.now(), lag: 0.2, epoch: this.epoch, seq: this.seq, waiting: 0, retry_at: null, since: Date.now(), rows: this.rows.length, ...status };
  }

  status(status) {
    this.model.set("status", this.statusNow(status));
  }

  /** The view has other rows: tell the page. */
  become(rows, time = this.times.at(-1) + 1) {
    const [before, after] = [count(this.rows), count(rows)];
    const side = (own, other) => {
      const surplus = [...own].map(([row, n]) => [row, n - (other.get(row) ?? 0)]).filter(([, n]) => n > 0);
      return [surplus.map(([row]) => JSON.parse(row)), surplus.map(([, n]) => n)];
    };
    const [deletes, delete_counts] = side(before, after);
    const [inserts, insert_counts] = side(after, before);
    const from = this.seq++;
    this.states.push(rows);
    this.times.push(time);
    this.model.set("delta", { epoch: this.epoch, from, to: this.seq, time: this.timeOf(this.seq), inserts, deletes, insert_counts, delete_counts });
  }
}

/** A view with a past, whose kernel does what the page asks: pauses, seeks, resumes. */
export class FakePast extends FakeView {
  constructor(columns, past, traits) {
    super(columns, past.at(-1).rows, traits);
    this.past = past;
    this.paused = false;
    this.times[0] = past.at(-1).time;
    this.model.traits.base = this.base();
    this.model.hear = (message) => this[message.type]?.(message);
  }

  report() {
    const history = [this.past[0].time, this.past.at(-1).time];
    const time = this.timeOf(this.seq);
    this.status({ state: this.paused ? "paused" : "live", paused: this.paused, time, history });
  }

  pause() {
    this.paused = true;
    this.report();
  }

  seek({ time }) {
    this.paused = true;
    this.become(this.past.findLast((then) => then.time <= time).rows, time);
    this.report();
  }

  resume() {
    this.paused = false;
    const { rows, time } = this.past.at(-1);
    this.become(rows, time);
    this.report();
  }
}

function count(rows) {
  const counts = new Map();
  for (const row of rows) {
    const key = JSON.stringify(row);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

let instances = 0;

/** Load the bundle for one model, as anywidget does: each gets an instance of its own. */
export async function load(model) {
  const { default: make } = await import(`./widget.js?${instances++}`);
  const widget = await make();
  const life = new AbortController();
  widget.initialize({ model, signal: life.signal });
  return {
    close: () => life.abort(),
    /** Show the model in a new output; returns what takes it away again. */
    show(width = "760px") {
      const el = document.createElement("div");
      el.className = "output";
      el.style.width = width;
      document.querySelector("main").append(el);
      const view = new AbortController();
      widget.render({ model, el, signal: AbortSignal.any([view.signal, life.signal]) });
      return { el, hide: () => (view.abort(), el.remove()) };
    },
  };
}

export const frames = async (n) => {
  for (let i = 0; i < n; i++) await new Promise(requestAnimationFrame);
};

/** The bars as they are drawn, from top to bottom by their place, not by their way there. */
export function bars(root = document) {
  return [...root.querySelectorAll(".mzw-row[data-label]")]
    .sort((a, b) => a.ariaPosInSet - b.ariaPosInSet)
    .map((row) => [row.dataset.label, row.dataset.value]);
}

Object.assign(window, { FakeModel, FakePast, FakeView, load, frames, bars });
