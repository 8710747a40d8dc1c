import type { Disk } from "#runtime/ports.ts";
import { DataFolderError } from "./data-folder-error.ts";

/** Where things stand in an LMDB meta page, of which a file has two; all little-endian. */
const layout = {
  magic: 24,
  version: 28,
  pageBytes: 48,
  freeRoot: 88,
  mainRoot: 136,
  transaction: 152,
  end: 160,
} as const;

const lmdbMagic = 0xbeefc0de;
const lmdbVersion = 2;
const noPage = 2n ** 64n - 1n;

/**
 * Refuses a file that is not LMDB's, or lacks its end, before lmdb maps it: there, the same damage
 * ends the process without a word. A missing or empty file is fine, and becomes a new store.
 */
export async function checkLmdbFile(disk: Disk, name: string): Promise<void> {
  const path = `${disk.root}/${name}`;
  if (!(await disk.list("")).includes(name)) return;
  const file = await disk.open(name, "existing");
  try {
    const fileBytes = await file.size();
    if (fileBytes === 0) return;
    const first = readMeta(asBuffer(await file.read(0, layout.end)));
    if (first === undefined) throw new DataFolderError(`${path} is not a store of HoloFusion`);
    const second = readMeta(asBuffer(await file.read(first.pageBytes, layout.end)));
    if (second?.pageBytes !== first.pageBytes) {
      throw new DataFolderError(`${path} is damaged: its second header is unreadable`);
    }
    const newest = second.transaction > first.transaction ? second : first;
    const pages = BigInt(Math.floor(fileBytes / newest.pageBytes));
    if (newest.roots.some((root) => root !== noPage && root >= pages)) {
      throw new DataFolderError(`${path} is damaged: its end is missing`);
    }
  } finally {
    await file.close();
  }
}

interface Meta {
  readonly pageBytes: number;
  readonly transaction: bigint;
  readonly roots: readonly bigint[];
}

function readMeta(bytes: Buffer): Meta | undefined {
  if (bytes.length < layout.end || bytes.readUInt32LE(layout.magic) !== lmdbMagic) return undefined;
  const pageBytes = bytes.readUInt32LE(layout.pageBytes);
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0;
  if (bytes.readUInt32LE(layout.version) !== lmdbVersion) return undefined;
  if (pageBytes < 512 || pageBytes > 65_536 || !isPowerOfTwo) return undefined;
  return {
    pageBytes,
    transaction: bytes.readBigUInt64LE(layout.transaction),
    roots: [bytes.readBigUInt64LE(layout.freeRoot), bytes.readBigUInt64LE(layout.mainRoot)],
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
