/**
 * What a picture and the page around it are to each other. A picture knows an element, an encoding and snapshots, and
 * nothing else; `registry.js` names them all.
 *
 * @module
 */

/** @typedef {import("../sync/multiset.js").Entry} Entry */
/** @typedef {import("../sync/multiset.js").Step} Step */
/** @typedef {import("../sync/protocol.js").Column} Column */
/** @typedef {import("../sync/protocol.js").Encoding} Encoding */
/** @typedef {import("../sync/protocol.js").Selection} Selection */
/** @typedef {import("../sync/content.js").Snapshot} Snapshot */

/**
 * What a picture may ask of the page.
 *
 * @typedef {object} Host
 * @property {readonly Column[]} columns the same for as long as the picture is mounted
 * @property {number} height pixels; 0 for as high as the content
 * @property {(asset: string) => Promise<any>} load a module of `mzwidget/static`, which comes from the kernel
 * @property {AbortSignal} signal aborted when the picture is destroyed
 * @property {() => boolean} dark whether it is to be drawn light on dark
 * @property {(selection: Selection) => void} select told what the reader has selected in the picture
 * @property {() => Selection} selected what is selected in the view, here or anywhere else
 */

/**
 * @typedef {object} View
 * @property {(snapshot: Snapshot, change: Step | null) => void} paint
 *   show a snapshot; `change` is what came and went since the one painted before, null if that may be anything
 * @property {(time: number) => void} [until]
 *   told up to when, in milliseconds since 1970, what is painted is known to be so; again as time passes
 * @property {(selection: Selection) => void} [selected] mark what is selected; told when that is something else
 * @property {() => string} [summary] what somebody is told of the snapshot who does not see it, in a sentence
 * @property {() => void} [resize] draw again: the size or the theme is another one
 * @property {() => void} destroy
 */

/** @typedef {(el: HTMLElement, encoding: Encoding, host: Host) => View} Mount */
/** @typedef {{ mount: Mount }} Kind */

/**
 * The column index of a channel that takes one column; -1 if it has none.
 *
 * @param {Encoding} encoding
 * @param {string} channel
 */
export function columnOf({ channels }, channel) {
  return channels[channel]?.[0] ?? -1;
}
