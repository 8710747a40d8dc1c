import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { layers } from "../packages/engine/layers.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));

const documents = [
  "README.md",
  "ARCHITECTURE.md",
  ...readdirSync(join(root, "docs"), { recursive: true })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join("docs", name)),
];

/** Paths of this repository that a document names in backticks or links to. */
function namedPaths(document) {
  const text = readFileSync(join(root, document), "utf8").replaceAll(/```[\s\S]*?```/g, "");
  const ticked = [...text.matchAll(/`([^`\s]+)`/g)]
    .map(([, path]) => path)
    .filter((path) => /^(apps|packages|e2e|bench|scripts|tools|docs|\.ci)\//.test(path))
    .filter((path) => !/[*{<…]/.test(path));
  // The one page that names files of the engine by their layer.
  const layered =
    document === "docs/life-of-a-query.md"
      ? [...text.matchAll(/`([a-z-]+\/[a-z-/]*(?:\.ts)?)`/g)].map(
          ([, path]) => `packages/engine/src/${path}`,
        )
      : [];
  const linked = [...text.matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)].map(([, path]) =>
    join(dirname(document), path),
  );
  return [...(layered.length > 0 ? layered : ticked), ...linked];
}

test.each(documents)("every path that %s names exists", (document) => {
  const missing = namedPaths(document).filter((path) => !existsSync(join(root, path)));
  expect(missing).toEqual([]);
});

test("ARCHITECTURE.md lists the layers as the table has them, in its order", () => {
  const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
  const section = /<!-- layers -->([\s\S]*?)<!-- \/layers -->/.exec(text)?.[1] ?? "";
  const listed = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name);
  expect(listed).toEqual(Object.keys(layers));
});
