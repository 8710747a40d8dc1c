import { assert } from "#base/assert.ts";
import { SqlError } from "#base/errors.ts";
import type { Disk, DiskFile, DiskSpace } from "#runtime/ports.ts";
import type { SimRandom } from "./sim-random.ts";
import type { SimTime } from "./sim-time.ts";

/** What a write, truncate or allocate replaced, so that a crash can undo it. */
interface Change {
  readonly offset: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  readonly lengthBefore: number;
  readonly lengthAfter: number;
}

/**
 * A file's content as a reader sees it, and the changes since the last sync, any of which a crash may
 * take back.
 */
class SimInode {
  content: Uint8Array = new Uint8Array(0);
  length = 0;
  readonly unsynced: Change[] = [];

  replace(offset: number, after: Uint8Array, lengthAfter: number): void {
    const change: Change = {
      offset,
      before: this.content.slice(offset, Math.min(offset + after.length, this.length)),
      after,
      lengthBefore: this.length,
      lengthAfter,
    };
    this.unsynced.push(change);
    this.#put(offset, after, lengthAfter);
  }

  /** Takes back every unsynced change, then redoes what luck lets survive, the last one perhaps torn. */
  crash(random: SimRandom): void {
    const changes = this.unsynced.splice(0);
    for (const change of changes.toReversed()) {
      this.#put(change.offset, change.before, change.lengthBefore);
    }
    // Most crashes keep a prefix, as one flusher thread would; some keep any subset.
    const isOrdered = random.chance(0.7);
    const kept = random.integer(changes.length + 1);
    changes.forEach((change, index) => {
      const survives = isOrdered ? index < kept : random.chance(0.5);
      const isTorn = isOrdered ? index === kept : random.chance(0.2);
      if (survives) this.#put(change.offset, change.after, change.lengthAfter);
      else if (isTorn && change.after.length > 0) {
        const part = change.after.slice(0, random.integer(change.after.length));
        this.#put(change.offset, part, Math.max(this.length, change.offset + part.length));
      }
    });
  }

  #put(offset: number, bytes: Uint8Array, length: number): void {
    const needed = Math.max(length, offset + bytes.length);
    if (needed > this.content.length) {
      const grown = new Uint8Array(Math.max(needed, this.content.length * 2, 4096));
      grown.set(this.content.subarray(0, this.length));
      this.content = grown;
    }
    if (length < this.length) this.content.fill(0, length, this.length);
    this.content.set(bytes, offset);
    this.length = length;
  }
}

/**
 * The disk of one simulated node, across its crashes.
 *
 * - A write is visible at once and durable only after `sync`. At a crash, unsynced writes are lost, kept
 *   or torn, and not always in order.
 * - A new, renamed or removed name is durable only after `syncDirectory`.
 * - A failed sync drops some of what it should have kept, as Linux does.
 */
export class SimDisk {
  readonly #time: SimTime;
  readonly #random: SimRandom;
  /** Names as a reader sees them, and as they are after a crash. */
  #names = new Map<string, SimInode>();
  #durableNames = new Map<string, SimInode>();
  readonly #directories = new Set<string>([""]);
  #life = 0;
  #failingSyncs = 0;
  #capacityBytes = 2 ** 40;
  /** How long a sync takes. */
  syncMsMin = 0.1;
  syncMsMax = 1.5;

  constructor(time: SimTime, random: SimRandom) {
    this.#time = time;
    this.#random = random;
  }

  /** The disk as the next life of the node sees it. What an earlier life still waits for never comes. */
  attach(): Disk {
    const life = ++this.#life;
    return new SimDiskView(this, () => this.#life === life);
  }

  /** Loses what was not durable. */
  crash(): void {
    this.#life++;
    for (const [path, inode] of this.#names) {
      const wasDurable = this.#durableNames.get(path) === inode;
      if (!wasDurable && this.#random.chance(0.5)) this.#durableNames.set(path, inode);
    }
    for (const path of [...this.#durableNames.keys()]) {
      if (!this.#names.has(path) && this.#random.chance(0.5)) this.#durableNames.delete(path);
    }
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) inode.crash(this.#random);
    this.#failingSyncs = 0;
  }

  /** The next syncs report failure, and lose some of the writes. */
  failSyncs(count: number): void {
    this.#failingSyncs = count;
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  get usedBytes(): number {
    let bytes = 0;
    for (const inode of this.#names.values()) bytes += inode.length;
    return bytes;
  }

  get capacityBytes(): number {
    return this.#capacityBytes;
  }

  /** Flips one bit of the durable file: what a checksum must find. */
  corrupt(path: string, offset: number): void {
    const inode = this.#names.get(path);
    assert(inode !== undefined && offset < inode.length, `no byte ${offset} in ${path}`);
    inode.content[offset] = (inode.content[offset] ?? 0) ^ (1 << this.#random.integer(8));
  }

  // What follows is for SimDiskView and SimDiskFile.

  open(path: string, mode: "create" | "existing"): SimInode {
    let inode = this.#names.get(path);
    if (inode === undefined) {
      if (mode === "existing") throw ioError("open", path, "No such file or directory");
      inode = new SimInode();
      this.#names.set(path, inode);
      this.#directories.add(directoryOf(path));
    }
    return inode;
  }

  find(path: string): SimInode | undefined {
    return this.#names.get(path);
  }

  list(directory: string): readonly string[] {
    const prefix = directory === "" ? "" : `${directory}/`;
    const names = new Set<string>();
    for (const path of [...this.#names.keys(), ...this.#directories]) {
      if (path.startsWith(prefix) && path.length > prefix.length) {
        names.add(path.slice(prefix.length).split("/")[0] ?? "");
      }
    }
    return [...names].sort();
  }

  makeDirectory(path: string): void {
    this.#directories.add(path);
  }

  replaceFile(path: string, content: Uint8Array): void {
    this.#ensureSpace("write", path, content.length);
    const inode = new SimInode();
    inode.replace(0, content, content.length);
    inode.unsynced.length = 0;
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  remove(path: string): void {
    this.#names.delete(path);
  }

  syncDirectory(directory: string): void {
    for (const [path, inode] of this.#names) {
      if (directoryOf(path) === directory) this.#durableNames.set(path, inode);
    }
    for (const path of [...this.#durableNames.keys()]) {
      if (directoryOf(path) === directory && !this.#names.has(path))
        this.#durableNames.delete(path);
    }
  }

  write(inode: SimInode, path: string, offset: number, bytes: Uint8Array): void {
    const lengthAfter = Math.max(inode.length, offset + bytes.length);
    this.#ensureSpace("write", path, lengthAfter - inode.length);
    inode.replace(offset, bytes, lengthAfter);
  }

  allocate(inode: SimInode, path: string, bytes: number): void {
    if (bytes <= inode.length) return;
    this.#ensureSpace("extend", path, bytes - inode.length);
    inode.replace(inode.length, new Uint8Array(0), bytes);
  }

  truncate(inode: SimInode, bytes: number): void {
    if (bytes >= inode.length) return;
    const lost = inode.content.slice(bytes, inode.length);
    inode.unsynced.push({
      offset: bytes,
      before: lost,
      after: new Uint8Array(0),
      lengthBefore: inode.length,
      lengthAfter: bytes,
    });
    inode.content.fill(0, bytes, inode.length);
    inode.length = bytes;
  }

  async sync(inode: SimInode, path: string, isAlive: () => boolean): Promise<void> {
    const covered = inode.unsynced.at(-1);
    await this.wait(this.#random.between(this.syncMsMin, this.syncMsMax), isAlive);
    if (this.#failingSyncs > 0) {
      this.#failingSyncs--;
      // The kernel marks the pages clean although they never reached the disk.
      inode.crash(this.#random);
      throw ioError("fsync", path, "Input/output error");
    }
    if (covered !== undefined) inode.unsynced.splice(0, inode.unsynced.indexOf(covered) + 1);
  }

  /** Resolves after the time, and never when the life that asked has ended. */
  wait(delayMs: number, isAlive: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#time.schedule(delayMs, () => {
        if (isAlive()) resolve();
      });
    });
  }

  #ensureSpace(action: string, path: string, moreBytes: number): void {
    if (moreBytes > 0 && this.usedBytes + moreBytes > this.#capacityBytes) {
      throw new SqlError(
        "disk_full",
        `could not ${action} file "${path}": No space left on device`,
      );
    }
  }
}

class SimDiskView implements Disk {
  readonly root = "/simulated";
  readonly #disk: SimDisk;
  readonly #isAlive: () => boolean;

  constructor(disk: SimDisk, isAlive: () => boolean) {
    this.#disk = disk;
    this.#isAlive = isAlive;
  }

  open(path: string, mode: "create" | "existing"): Promise<DiskFile> {
    return this.#do(
      () => new SimDiskFile(this.#disk, this.#disk.open(path, mode), path, this.#isAlive),
    );
  }

  list(directory: string): Promise<readonly string[]> {
    return this.#do(() => this.#disk.list(directory));
  }

  makeDirectory(path: string): Promise<void> {
    return this.#do(() => {
      this.#disk.makeDirectory(path);
    });
  }

  readFile(path: string): Promise<Uint8Array | undefined> {
    return this.#do(() => {
      const inode = this.#disk.find(path);
      return inode?.content.slice(0, inode.length);
    });
  }

  replaceFile(path: string, content: Uint8Array): Promise<void> {
    return this.#do(() => {
      this.#disk.replaceFile(path, content.slice());
    });
  }

  remove(path: string): Promise<void> {
    return this.#do(() => {
      this.#disk.remove(path);
    });
  }

  syncDirectory(path: string): Promise<void> {
    return this.#do(() => {
      this.#disk.syncDirectory(path);
    });
  }

  space(): Promise<DiskSpace> {
    return this.#do(() => ({
      freeBytes: Math.max(0, this.#disk.capacityBytes - this.#disk.usedBytes),
      totalBytes: this.#disk.capacityBytes,
    }));
  }

  async #do<Result>(action: () => Result): Promise<Result> {
    await this.#disk.wait(0, this.#isAlive);
    return action();
  }
}

class SimDiskFile implements DiskFile {
  readonly #disk: SimDisk;
  readonly #inode: SimInode;
  readonly #path: string;
  readonly #isAlive: () => boolean;

  constructor(disk: SimDisk, inode: SimInode, path: string, isAlive: () => boolean) {
    this.#disk = disk;
    this.#inode = inode;
    this.#path = path;
    this.#isAlive = isAlive;
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    await this.#disk.wait(0, this.#isAlive);
    return this.#inode.content.slice(offset, Math.min(offset + length, this.#inode.length));
  }

  /** Visible when it resolves; a crash in between may keep it or not. */
  async write(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    const bytes = new Uint8Array(Buffer.concat(parts));
    await this.#disk.wait(0.01, this.#isAlive);
    this.#disk.write(this.#inode, this.#path, offset, bytes);
  }

  async writeDurably(offset: number, parts: readonly Uint8Array[]): Promise<void> {
    await this.write(offset, parts);
    await this.sync();
  }

  sync(): Promise<void> {
    return this.#disk.sync(this.#inode, this.#path, this.#isAlive);
  }

  async allocate(bytes: number): Promise<void> {
    await this.#disk.wait(0, this.#isAlive);
    this.#disk.allocate(this.#inode, this.#path, bytes);
  }

  async truncate(bytes: number): Promise<void> {
    await this.#disk.wait(0, this.#isAlive);
    this.#disk.truncate(this.#inode, bytes);
  }

  async size(): Promise<number> {
    await this.#disk.wait(0, this.#isAlive);
    return this.#inode.length;
  }

  async close(): Promise<void> {
    await this.#disk.wait(0, this.#isAlive);
  }
}

function ioError(action: string, path: string, reason: string): SqlError {
  return new SqlError("io_error", `could not ${action} file "${path}": ${reason}`);
}

function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? "" : path.slice(0, slash);
}
