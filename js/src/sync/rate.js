const WINDOW = 5;

/** Changes a second, over the last few seconds. */
export class Rate {
  /** @type {{ second: number, count: number }[]} */
  #buckets = [];
  /** @type {number | null} */
  #start = null;

  /**
   * @param {number} count
   * @param {number} now milliseconds
   */
  add(count, now) {
    const second = Math.floor(now / 1000);
    this.#start ??= now;
    const last = this.#buckets.at(-1);
    if (last?.second === second) last.count += count;
    else this.#buckets.push({ second, count });
    if (this.#buckets.length > WINDOW + 1) this.#buckets.shift();
  }

  /** @param {number} now milliseconds */
  perSecond(now) {
    if (this.#start === null) return 0;
    const since = Math.max(this.#start, now - WINDOW * 1000);
    const count = this.#buckets
      .filter((bucket) => (bucket.second + 1) * 1000 > since)
      .reduce((sum, bucket) => sum + bucket.count, 0);
    return count / Math.max((now - since) / 1000, 1);
  }
}
