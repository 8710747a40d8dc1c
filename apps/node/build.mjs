// Bundles the two programs into dist/. Packages stay in node_modules: LMDB is native code, the
// parser is WebAssembly, and gRPC and pino load files of their own.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const ours = ["@holo-fusion/engine", "@holo-fusion/proto"];

/** Our own workspaces are TypeScript source and belong into the bundle; every other package does not. */
const packagesOutside = {
  name: "packages-outside",
  setup(bundler) {
    bundler.onResolve({ filter: /^[^./#]/ }, ({ path, kind }) => {
      if (kind === "entry-point" || ours.some((name) => path.startsWith(name))) return undefined;
      return { path, external: true };
    });
  },
};

rmSync(`${here}dist`, { recursive: true, force: true });
await build({
  absWorkingDir: here,
  entryPoints: ["src/holo-fusion.ts", "src/holoctl.ts"],
  outdir: "dist",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node20.19",
  sourcemap: true,
  logLevel: "warning",
  plugins: [packagesOutside],
});
