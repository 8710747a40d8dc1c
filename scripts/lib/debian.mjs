import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const mayInstall = () => process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

function aptInstall(packages) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { env, stdio: "ignore" });
  const done = spawnSync("apt-get", ["install", "-y", "-qq", ...packages], {
    env,
    stdio: "ignore",
  });
  return done.status === 0;
}

/** Path of Chromium, installed when that is allowed here; undefined when there is none. */
export function findChromium() {
  const find = () => {
    const given = process.env.HOLO_CHROMIUM;
    const known = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    return [...(given ? [given] : []), ...known].find((path) => existsSync(path));
  };
  const found = find();
  if (found !== undefined || !mayInstall()) return found;
  console.log("Installing Debian's Chromium for the browser tests");
  aptInstall(["chromium"]);
  return find();
}

/** The folder of PostgreSQL's server programs, installed when that is allowed here. */
export function findPostgres() {
  const find = () => {
    const versions = "/usr/lib/postgresql";
    if (!existsSync(versions)) return undefined;
    return readdirSync(versions)
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(versions, version, "bin"))
      .find((bin) => existsSync(join(bin, "initdb")));
  };
  const found = find();
  if (found !== undefined || !mayInstall()) return found;
  console.log("Installing Debian's PostgreSQL as the oracle of the SQL tests");
  aptInstall(["postgresql", "postgresql-client"]);
  return find();
}
