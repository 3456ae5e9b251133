import type pg from 'pg';

/** Statements that get a name at most: the program has some hundred, lists of changing length could make more. */
const maxNamed = 1_000;

/**
 * Makes a connection name its statements with parameters, so that the server parses and plans each of them once for the
 * connection instead of at every call. `names` is shared by the connections of a pool.
 */
export function prepareStatements(client: pg.PoolClient, names: Map<string, string>): void {
  const query = client.query.bind(client) as (...args: unknown[]) => unknown;
  const named = (config: unknown, values: unknown): unknown => {
    if (typeof config !== 'object' || config === null || !('text' in config) || typeof config.text !== 'string') {
      return config;
    }
    if (!Array.isArray(values) || values.length === 0) return config;
    let name = names.get(config.text);
    if (name === undefined && names.size < maxNamed) {
      name = `cloudstage-${names.size}`;
      names.set(config.text, name);
    }
    return name === undefined ? config : { ...config, name };
  };
  client.query = ((config: unknown, values: unknown, ...rest: unknown[]) =>
    query(named(config, values), values, ...rest)) as typeof client.query;
}
