import * as fs from "node:fs";
import * as path from "node:path";

/** Another process uses the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";
}

const fileName = "process.lock";

/**
 * Keeps a second process out of a folder. The file names the process and when it was started, so
 * that the lock of a process that was killed, or whose number was given to another one, is void.
 * Returns what gives the folder back.
 */
export function lockFolder(folder: string): () => void {
  const file = path.join(folder, fileName);
  const mine = `${process.pid} ${startTicks(process.pid) ?? "?"}\n`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      fs.writeFileSync(file, mine, { flag: "wx" });
      return () => {
        if (fs.existsSync(file) && fs.readFileSync(file, "utf8") === mine) fs.unlinkSync(file);
      };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const [pidText = "", ticks = ""] = fs.readFileSync(file, "utf8").trim().split(" ");
    const pid = Number(pidText);
    const isHolder = (): boolean =>
      isAlive(pid) && (startTicks(pid) ?? "?") === ticks && pid !== process.pid;
    if (isHolder() && !(isEnding(pid) && waitUntil(() => !isHolder() || isOver(pid)))) {
      throw new FolderInUse(`the data folder ${folder} is in use by process ${pid}`);
    }
    fs.unlinkSync(file);
  }
  throw new FolderInUse(`the data folder ${folder} is in use by a process that is just starting`);
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

/** Killed processes are waited for this long: they end by themselves, but not at once. */
const endingMsMax = 5_000;
const pollMs = 10;

/** Nothing else can run in this process yet, so it may as well sleep. */
function waitUntil(condition: () => boolean): boolean {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; waitedMs <= endingMsMax; waitedMs += pollMs) {
    if (condition()) return true;
    Atomics.wait(cell, 0, 0, pollMs);
  }
  return false;
}

/**
 * A process that was killed gives up its memory first. Until its last thread is gone one of its
 * writes may still be on the way to the disk.
 */
function isEnding(pid: number): boolean {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, "utf8") === "";
  } catch {
    return false;
  }
}

/** All its threads have ended, and only its parent has not asked how. */
function isOver(pid: number): boolean {
  try {
    return isEnding(pid) && fs.readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return true;
  }
}

/** Start time in clock ticks since boot; undefined where /proc is not to be had. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // Field 22; the second field is a name in parentheses that may hold spaces.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
