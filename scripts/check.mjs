// Format, lint, types, dead code, generated code: everything that can be said without running it.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bold, green, installPackages, red, root, run, seconds, tool } from "./lib/run.mjs";

const workspaces = [
  "packages/engine",
  "packages/proto",
  "packages/ui",
  "apps/node",
  "apps/console",
  "bench",
  "e2e",
];

/** Generates into a scratch folder and compares, so that a check never changes the tree. */
async function generatedCodeIsCurrent() {
  const scratch = mkdtempSync(join(tmpdir(), "holo-gen-"));
  try {
    const proto = join(root, "packages/proto");
    const generated = await run(
      "sh",
      [
        "-c",
        `cd '${proto}' && '${tool("buf")}' lint && '${tool("buf")}' generate -o '${scratch}' && diff -r '${scratch}/src/gen' src/gen`,
      ],
      { quiet: true },
    );
    if (generated !== 0) console.log("Generated code is out of date: npm run gen");
    return generated;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const steps = [
  ["format", () => run(tool("prettier"), ["--check", "--log-level", "warn", "."], { quiet: true })],
  [
    "lint",
    () =>
      run(tool("oxlint"), ["--type-aware", "--max-warnings", "0", "--quiet", "."], { quiet: true }),
  ],
  ...workspaces
    .filter((workspace) => existsSync(join(root, workspace, "tsconfig.json")))
    .map((workspace) => [
      `types ${workspace}`,
      () => run(tool("tsc"), ["--noEmit", "-p", workspace], { quiet: true }),
    ]),
  ["dead code", () => run(tool("knip"), ["--no-progress"], { quiet: true })],
  ["generated code", generatedCodeIsCurrent],
];

await installPackages();
let failed = 0;
for (const [name, step] of steps) {
  const startedAtMs = Date.now();
  const code = await step();
  if (code !== 0) failed++;
  console.log(`${code === 0 ? green("ok    ") : red("FAILED")} ${name} ${seconds(startedAtMs)}`);
}
if (failed > 0) console.log(bold(red(`${failed} of ${steps.length} checks failed`)));
process.exitCode = failed === 0 ? 0 : 1;
