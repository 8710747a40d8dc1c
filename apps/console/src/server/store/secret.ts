import "server-only";
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Secrets of the console: made once, readable by the console's own user only. */
export type SecretName =
  /** Signs session cookies. */
  | "session-secret"
  /** Proves that who creates the first admin can read the console's files. */
  | "setup-code";

export function readOrCreateSecret(dataFolder: string, name: SecretName): string {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const path = join(dataFolder, name);
  try {
    // "wx" fails when the file exists, so two starts at once agree on one secret.
    writeFileSync(path, `${randomBytes(32).toString("base64url")}\n`, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  }
  const secret = readFileSync(path, "utf8").trim();
  if (secret.length < 32) throw new Error(`The secret in ${path} is too short; delete the file`);
  return secret;
}
