import { readFile } from "node:fs/promises";

/** The whole file as text. Rejects with the operating system's words, which name the path. */
export function readTextFile(path: string): Promise<string> {
  return readFile(path, "utf8");
}
