/** A value that survives JSON. */
type Json = unknown;

const pascalCase = (name: string) =>
  name.charAt(0).toUpperCase() + name.slice(1).replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());

/**
 * An answer of the instance in the spelling of the cloud API, so that `--json` looks the same whatever way an answer came:
 * names in PascalCase, times (`at`, `…At`, epoch milliseconds inside) as ISO 8601. What came from the cloud API has that
 * spelling already and stays as it is. PURE.
 */
export function toAnswer(value: Json): Json {
  if (Array.isArray(value)) return value.map(toAnswer);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const isTime = /(^a|A)t$/.test(name) && typeof child === 'number';
      return [pascalCase(name), isTime ? new Date(child).toISOString() : toAnswer(child)];
    }),
  );
}
