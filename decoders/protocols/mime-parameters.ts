/** Parameters of a media type: RFC 2045, section 5.1. */

/** Characters that are looked at: a boundary has at most 70 (RFC 2046, section 5.1.1). */
const LONGEST = 1024;

/**
 * The value of the parameter of that name, in lower case, without its quotes; undefined when there is none.
 *
 * @param parameters as they were written: `charset=utf-8; boundary="a b"`
 */
export function readParameter(parameters: string, name: string): string | undefined {
  const shown = parameters.slice(0, LONGEST);
  const one = /\s*;?\s*([^\s=;"]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;\s]*))|[^;]*;?/gy;
  for (let match = one.exec(shown); match !== null && match[0] !== ''; match = one.exec(shown)) {
    const [, key, quoted, plain] = match;
    if (key?.toLowerCase() === name) return quoted === undefined ? plain : quoted.replace(/\\(.)/g, '$1');
  }
  return undefined;
}
