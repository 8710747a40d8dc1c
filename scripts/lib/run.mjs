import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root folder. */
export const root = fileURLToPath(new URL("../../", import.meta.url));

const colour = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const paint = (code, text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
export const bold = (text) => paint("1", text);
export const dim = (text) => paint("2", text);
export const red = (text) => paint("31", text);
export const green = (text) => paint("32", text);

/**
 * Runs a program from the repository's root with its output passed through.
 * Resolves to its exit code; 128 + n when signal n ended it.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", options.quiet ? "pipe" : "inherit", options.quiet ? "pipe" : "inherit"],
      // Builds report to nobody.
      env: {
        ...process.env,
        TURBO_TELEMETRY_DISABLED: "1",
        NEXT_TELEMETRY_DISABLED: "1",
        ...options.env,
      },
    });
    let output = "";
    const keep = (chunk) => {
      output += chunk;
    };
    child.stdout?.on("data", keep);
    child.stderr?.on("data", keep);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      const exit = code ?? 128 + (signal === "SIGKILL" ? 9 : 15);
      if (exit !== 0 && options.quiet) process.stdout.write(output);
      resolve(exit);
    });
  });
}

/** A tool installed by npm, by its name in node_modules/.bin. */
export const tool = (name) => join(root, "node_modules/.bin", name);

/** Whether every package of the lock file that is not optional is installed in its version. */
function packagesAreInstalled() {
  const installedPath = join(root, "node_modules/.package-lock.json");
  if (!existsSync(installedPath)) return false;
  const packagesOf = (path) => JSON.parse(readFileSync(path, "utf8")).packages;
  const installed = packagesOf(installedPath);
  return Object.entries(packagesOf(join(root, "package-lock.json"))).every(
    ([path, wanted]) =>
      !path.includes("node_modules/") ||
      wanted.optional === true ||
      wanted.link === true ||
      installed[path]?.version === wanted.version,
  );
}

/**
 * Installs the packages when some are absent. `npm install` rather than `npm ci`: the lock file
 * leaves out bindings for platforms that the registry does not serve, and `ci` refuses such a file.
 */
export async function installPackages() {
  if (packagesAreInstalled()) return;
  console.log(bold("Installing packages"));
  const code = await run("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (code !== 0) throw new Error(`npm install ended with exit code ${code}`);
}

export function seconds(startedAtMs) {
  return `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;
}
