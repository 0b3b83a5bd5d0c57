/**
 * The same object without the members that are undefined: with `exactOptionalPropertyTypes`, an absent member is not one
 * that is undefined.
 */
export function defined<T extends object>(object: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as never;
}
