import * as fs from "node:fs";
import * as path from "node:path";
import { SqlError } from "#base/errors.ts";
import type { Disk, DiskFile, DiskSpace } from "#runtime/ports.ts";

const zeros = new Uint8Array(1024 * 1024);

/**
 * A directory tree of the file system. Failures are SqlErrors: `disk_full` when there is no space,
 * else `io_error`, with the operating system's words.
 */
export class FileDisk implements Disk {
  readonly root: string;

  constructor(root: string) {
    this.root = path.resolve(root);
  }

  async open(name: string, mode: "create" | "existing"): Promise<DiskFile> {
    const flags = fs.constants.O_RDWR | (mode === "create" ? fs.constants.O_CREAT : 0);
    const full = this.#full(name);
    try {
      return new OpenFile(full, await openDescriptor(full, flags));
    } catch (error) {
      throw diskError("open", full, error);
    }
  }

  async list(directory: string): Promise<readonly string[]> {
    const full = this.#full(directory);
    try {
      return (await fs.promises.readdir(full)).sort();
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw diskError("list", full, error);
    }
  }

  async makeDirectory(name: string): Promise<void> {
    const full = this.#full(name);
    try {
      await fs.promises.mkdir(full, { recursive: true });
    } catch (error) {
      throw diskError("create", full, error);
    }
  }

  async readFile(name: string): Promise<Uint8Array | undefined> {
    const full = this.#full(name);
    try {
      return await fs.promises.readFile(full);
    } catch (error) {
      if (codeOf(error) === "ENOENT") return undefined;
      throw diskError("read", full, error);
    }
  }

  async replaceFile(name: string, content: Uint8Array): Promise<void> {
    const full = this.#full(name);
    const temporary = `${full}.new`;
    try {
      const handle = await fs.promises.open(temporary, "w");
      try {
        await handle.writeFile(content);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await fs.promises.rename(temporary, full);
    } catch (error) {
      throw diskError("write", full, error);
    }
    await this.syncDirectory(path.posix.dirname(name));
  }

  async remove(name: string): Promise<void> {
    const full = this.#full(name);
    try {
      await fs.promises.rm(full, { force: true });
    } catch (error) {
      throw diskError("remove", full, error);
    }
  }

  async syncDirectory(name: string): Promise<void> {
    const full = this.#full(name);
    try {
      const handle = await fs.promises.open(full, "r");
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw diskError("fsync", full, error);
    }
  }

  async space(): Promise<DiskSpace> {
    try {
      const stats = await fs.promises.statfs(this.root);
      return {
        freeBytes: stats.bavail * stats.bsize,
        totalBytes: stats.blocks * stats.bsize,
      };
    } catch (error) {
      throw diskError("inspect", this.root, error);
    }
  }

  #full(name: string): string {
    return path.join(this.root, name);
  }
}

/** Uses the callback functions of node:fs: a FileHandle costs several microseconds more per call. */
class OpenFile implements DiskFile {
  readonly #path: string;
  readonly #descriptor: number;
  /** The same file opened with O_DSYNC, once it is needed. */
  #durable: Promise<number> | undefined;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.#descriptor = descriptor;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    let got = 0;
    while (got < length) {
      const more = await this.#do<number>("read", (done) => {
        fs.read(this.#descriptor, bytes, got, length - got, offset + got, done);
      });
      if (more === 0) break;
      got += more;
    }
    return got === length ? bytes : bytes.subarray(0, got);
  }

  write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    return this.#write("write", this.#descriptor, offset, parts);
  }

  async writeDurably(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    this.#durable ??= this.#openDurable();
    await this.#write("fsync", await this.#durable, offset, parts);
  }

  async #openDurable(): Promise<number> {
    try {
      return await openDescriptor(this.#path, fs.constants.O_RDWR | fs.constants.O_DSYNC);
    } catch (error) {
      throw diskError("open", this.#path, error);
    }
  }

  async #write(
    action: string,
    descriptor: number,
    offset: number,
    parts: readonly Uint8Array[],
  ): Promise<void> {
    let rest = parts.filter((part) => part.length > 0);
    let at = offset;
    while (rest.length > 0) {
      const batch = rest.length <= partsMax ? rest : rest.slice(0, partsMax);
      const written = await this.#do<number>(action, (done) => {
        fs.writev(descriptor, batch, at, done);
      });
      at += written;
      rest = skipBytes(rest, written);
    }
  }

  sync(): Promise<void> {
    return this.#do("fsync", (done) => {
      fs.fdatasync(this.#descriptor, done);
    });
  }

  /** Writes zeros, because a hole would still need its blocks recorded at the next fdatasync. */
  async allocate(bytes: number): Promise<void> {
    let size = await this.size();
    if (size >= bytes) return;
    while (size < bytes) {
      const part = zeros.subarray(0, Math.min(zeros.length, bytes - size));
      await this.write(size, [part]);
      size += part.length;
    }
    await this.#do<void>("fsync", (done) => {
      fs.fsync(this.#descriptor, done);
    });
  }

  truncate(bytes: number): Promise<void> {
    return this.#do("truncate", (done) => {
      fs.ftruncate(this.#descriptor, bytes, done);
    });
  }

  async size(): Promise<number> {
    const stats = await this.#do<fs.Stats>("inspect", (done) => {
      fs.fstat(this.#descriptor, done);
    });
    return stats.size;
  }

  async close(): Promise<void> {
    const durable = await this.#durable;
    if (durable !== undefined) {
      await this.#do("close", (done) => {
        fs.close(durable, done);
      });
    }
    await this.#do("close", (done) => {
      fs.close(this.#descriptor, done);
    });
  }

  #do<Result>(
    action: string,
    start: (done: (error: Error | null, result?: Result) => void) => void,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      start((error, result) => {
        if (error) reject(diskError(action, this.#path, error));
        else resolve(result as Result);
      });
    });
  }
}

/** Linux takes at most this many parts in one writev (IOV_MAX). */
const partsMax = 1_024;

function skipBytes(parts: readonly Uint8Array[], count: number): Uint8Array[] {
  let first = 0;
  let left = count;
  for (const part of parts) {
    if (left < part.length) break;
    left -= part.length;
    first++;
  }
  const rest = parts.slice(first);
  const torn = rest[0];
  if (left > 0 && torn !== undefined) rest[0] = torn.subarray(left);
  return rest;
}

function openDescriptor(full: string, flags: number): Promise<number> {
  return new Promise((resolve, reject) => {
    fs.open(full, flags, 0o640, (error, descriptor) => {
      if (error) reject(error);
      else resolve(descriptor);
    });
  });
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
}

function diskError(action: string, full: string, cause: unknown): SqlError {
  const code = codeOf(cause);
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new SqlError(
    code === "ENOSPC" || code === "EDQUOT" ? "disk_full" : "io_error",
    `could not ${action} file "${full}": ${reason}`,
    { cause },
  );
}
