/** Nodes that an operator is emptying. Null: the node takes new sessions. */
export const migration0008 = {
  version: 8,
  name: 'draining nodes',
  sql: `
ALTER TABLE render_nodes ADD COLUMN draining_since bigint;
`,
} as const;
