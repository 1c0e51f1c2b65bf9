/** Scripts whose letters are as wide as two digits. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Extended_Pictographic}/gu;

/**
 * The room that a number takes, in digits: signs and capitals are wider.
 *
 * @param {string} text
 */
export const roomOf = (text) => text.length + 0.4 * (text.match(/[^\d.,a-z]/g) ?? []).length;

/** Bars that are told of to those who do not see them. */
export const TOLD = 3;

/** @param {import("../../sync/protocol.js").Value} value */
export const valueText = (value) => (value === null ? "null" : String(value));

/** @param {import("../../sync/protocol.js").Value} label */
export const labelText = (label) => (label === "" ? "empty" : valueText(label));

/**
 * Room for the longest label that there has been, so that bars begin at one place and do not move.
 *
 * @param {HTMLElement} root
 */
export function mountLetters(root) {
  let most = 0;
  return (/** @type {readonly string[]} */ labels) => {
    const longest = Math.max(most, ...labels.map((label) => label.replace(WIDE, "00").length + 1));
    if (longest === most) return;
    most = longest;
    root.style.setProperty("--mzw-letters", String(most));
  };
}
