/** Nodes that an operator is emptying. Null: the node takes new sessions. */
export const migration0007 = {
  version: 7,
  name: 'draining nodes',
  sql: `
ALTER TABLE render_nodes ADD COLUMN draining_since bigint;
`,
} as const;
