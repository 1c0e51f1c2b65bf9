/** `crypto.randomUUID` is missing where Jupyter is served over plain HTTP. */
export const randomId = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("");
