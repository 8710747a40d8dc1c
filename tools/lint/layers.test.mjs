import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { layers } from "../../packages/engine/layers.mjs";
import { layerOf, mayImport } from "./layers.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixtures = join(root, "tools/lint/fixtures");

function fixtureFiles(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Each fixture's first line says what the linter has to find in it. */
function expectation(file) {
  const found = /^\/\/ expect: (.+)$/m.exec(readFileSync(file, "utf8"));
  return found?.[1];
}

test("every fixture is reported for exactly what it breaks", () => {
  const run = spawnSync(
    join(root, "node_modules/.bin/oxlint"),
    ["-c", join(fixtures, "oxlintrc.json"), "--type-aware", "--format", "json", fixtures],
    { cwd: root, encoding: "utf8" },
  );
  const { diagnostics } = JSON.parse(run.stdout);
  const reported = new Map();
  for (const { filename, code } of diagnostics) {
    const file = join(root, filename);
    reported.set(file, [...new Set([...(reported.get(file) ?? []), code])]);
  }

  const files = fixtureFiles(fixtures);
  expect(files.length).toBeGreaterThan(10);
  const seen = Object.fromEntries(
    files.map((file) => [relative(fixtures, file), reported.get(file)?.join(", ") ?? "nothing"]),
  );
  const wanted = Object.fromEntries(
    files.map((file) => [relative(fixtures, file), expectation(file)]),
  );
  expect(seen).toEqual(wanted);
});

test("every folder of the engine has a row in the table", () => {
  const source = join(root, "packages/engine/src");
  const folders = readdirSync(source, { withFileTypes: true }).filter((e) => e.isDirectory());
  for (const { name } of folders) {
    if (name === "sql") continue;
    expect(layerOf(`${name}/x.ts`), `packages/engine/src/${name}`).toBe(name);
  }
  for (const { name } of readdirSync(join(source, "sql"), { withFileTypes: true })) {
    expect(layerOf(`sql/${name}/x.ts`), `packages/engine/src/sql/${name}`).toBe(`sql/${name}`);
  }
});

test("arrows point down only: no two layers may import each other", () => {
  const names = Object.keys(layers).filter((name) => !layers[name].includes("*"));
  for (const a of names) {
    for (const b of names) {
      if (a === b) continue;
      const both = mayImport(a, `${b}/x.ts`, false) && mayImport(b, `${a}/x.ts`, false);
      // sql/pg-catalog and sql/execute stand in the table of sql/session through `sql`.
      expect(both, `${a} and ${b}`).toBe(false);
    }
  }
});

test("only tests reach testing/", () => {
  expect(mayImport("range", "testing/sim-cluster.ts", true)).toBe(true);
  expect(mayImport("range", "testing/sim-cluster.ts", false)).toBe(false);
});
