/**
 * The timestamps at which a content is known to be exact.
 *
 * @typedef {Readonly<{ from: number, until: number }>} Moment
 */

/**
 * One view as its group sees it.
 *
 * @typedef {object} Member
 * @property {boolean} counts whether it has a picture that must not differ in time from the others'
 * @property {boolean} shows whether anything of it can be seen yet
 * @property {Moment} moment of its newest content
 * @property {() => void} hold keep to what is shown now
 * @property {() => void} release show the newest content
 */

/** @type {Moment} */
export const ALWAYS = Object.freeze({ from: -Infinity, until: Infinity });

/** @param {readonly Member[]} members */
function agree(members) {
  const moments = members.map(({ moment }) => moment);
  return Math.max(...moments.map(({ from }) => from)) <= Math.min(...moments.map(({ until }) => until));
}

/**
 * Views that show one moment: they go to newer content only when there is a timestamp at which all
 * of it is exact, and then at once. Until then they stay where they are. What shows nothing yet
 * holds up nobody, and what cannot get news any more does not count.
 */
export class Together {
  /** @type {Set<Member>} */
  #members = new Set();
  /** @type {Set<Member>} */
  #frozen = new Set();
  #onEmpty;

  /** @param {() => void} [onEmpty] */
  constructor(onEmpty = () => {}) {
    this.#onEmpty = onEmpty;
  }

  /** Whether there is anybody to wait for. */
  get shared() {
    return this.#members.size > 1;
  }

  /** Whether newer content may have to wait. */
  get waits() {
    return this.shared || this.#frozen.size > 0;
  }

  /** @param {Member} member */
  add(member) {
    this.#members.add(member);
    this.consider();
  }

  /** @param {Member} member */
  delete(member) {
    this.#members.delete(member);
    this.#frozen.delete(member);
    if (this.#members.size === 0) this.#onEmpty();
    else this.consider();
  }

  /**
   * Let nobody go on until this member thaws.
   *
   * @param {Member} member
   */
  freeze(member) {
    this.#frozen.add(member);
    for (const each of this.#members) each.hold();
  }

  /** @param {Member} member */
  thaw(member) {
    if (this.#frozen.delete(member)) this.consider();
  }

  /** Go on if all can: to be called when a member's content, moment or standing is another one. */
  consider() {
    if (this.#frozen.size > 0) return;
    const members = [...this.#members];
    let ready = members.filter(({ counts }) => counts);
    if (!agree(ready)) ready = ready.filter(({ shows }) => shows);
    if (!agree(ready)) ready = [];
    for (const member of members) {
      if (!member.counts || ready.includes(member)) member.release();
    }
  }
}

/** @type {Map<string, Together>} */
const groups = new Map();

/**
 * The group of a name, one for the whole page.
 *
 * @param {string} name "" for a view that is alone
 * @returns {Together}
 */
export function groupOf(name) {
  if (name === "") return new Together();
  let group = groups.get(name);
  if (group === undefined) {
    group = new Together(() => void groups.delete(name));
    groups.set(name, group);
  }
  return group;
}
