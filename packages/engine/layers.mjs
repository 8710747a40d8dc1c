/**
 * What each folder of src/ may import, besides itself. The longest matching name wins, so
 * `sql/parse` binds tighter than `sql`. `tools/lint/layers.mjs` enforces this table.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const layers = {
  base: [],
  runtime: ["base"],
  raft: ["base"],
  storage: ["base", "runtime"],
  range: ["base", "runtime", "raft", "storage"],
  cluster: ["base", "runtime", "range"],
  kv: ["base", "runtime", "range", "cluster"],
  jobs: ["base", "runtime", "kv"],
  "sql/types": ["base"],
  catalog: ["base", "runtime", "kv", "jobs", "sql/types"],
  "sql/parse": ["base", "sql/types"],
  "sql/bind": ["base", "catalog", "sql/types", "sql/parse"],
  "sql/plan": ["base", "catalog", "sql/types", "sql/bind"],
  "sql/optimise": ["base", "catalog", "sql/types", "sql/bind", "sql/plan"],
  "sql/execute": ["base", "runtime", "kv", "catalog", "sql/types", "sql/bind", "sql/plan"],
  "sql/pg-catalog": ["base", "kv", "catalog", "sql/types", "sql/bind", "sql/plan", "sql/execute"],
  "sql/session": ["base", "runtime", "kv", "catalog", "sql"],
  columnar: ["base", "runtime", "range", "kv", "catalog", "sql/types", "sql/plan"],
  ingest: ["base", "runtime", "kv", "jobs", "catalog", "sql"],
  pgwire: ["base", "runtime", "sql"],
  admin: ["base", "runtime", "range", "cluster", "kv", "jobs", "catalog", "sql", "pgwire"],
  rpc: ["base", "runtime", "range", "cluster", "kv", "jobs", "catalog", "sql", "pgwire", "admin"],
  node: ["*"],
  testing: ["*"],
};
