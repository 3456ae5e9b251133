/**
 * A copy that the database takes as JSON: its texts hold neither NUL nor half a surrogate pair. Callers of the API choose
 * some of these texts, and one that is refused would hold up all entries written with it.
 */
export function toStorable<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (_key, part: unknown) =>
    // UTF-8 has no half pairs: the way there and back replaces them.
    typeof part === 'string' ? Buffer.from(part, 'utf8').toString('utf8').replaceAll('\0', '\uFFFD') : part,
  ) as T;
}
