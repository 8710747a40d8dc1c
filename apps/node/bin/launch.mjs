import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * The built program's path. Without a build there is nothing to run, and saying so beats a stack
 * trace about a missing module.
 */
export function builtProgram(name) {
  const path = fileURLToPath(new URL(`../dist/${name}.mjs`, import.meta.url));
  if (!existsSync(path)) {
    process.stderr.write(`${name}: not built yet; run npm run build\n`);
    process.exit(1);
  }
  return path;
}
