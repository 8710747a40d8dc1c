import { createHash, createHmac, pbkdf2, timingSafeEqual } from "node:crypto";

/**
 * The server's side of SCRAM-SHA-256. RFC 5802 and RFC 7677; PostgreSQL 15, chapter 55.3.1.
 * Channel binding is not offered, so a client that asks for it is refused.
 */
export const scramMechanism = "SCRAM-SHA-256";

export const scramIterations = 4096;

/** What the server keeps of a password: enough to check a proof, not enough to make one. */
export interface ScramVerifier {
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly storedKey: Uint8Array;
  readonly serverKey: Uint8Array;
}

/** Costs about a millisecond of a pool thread, not of the event loop. Do it once per password. */
export async function makeVerifier(
  password: string,
  options: { readonly salt: Uint8Array; readonly iterations?: number },
): Promise<ScramVerifier> {
  const iterations = options.iterations ?? scramIterations;
  const salted = await saltedPassword(password, options.salt, iterations);
  return {
    iterations,
    salt: options.salt,
    storedKey: sha256(hmac(salted, "Client Key")),
    serverKey: hmac(salted, "Server Key"),
  };
}

/** Reads `SCRAM-SHA-256$4096:salt$storedKey:serverKey`, PostgreSQL's own form; undefined for any other text. */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const match = /^SCRAM-SHA-256\$(\d{1,7}):([^$:]+)\$([^$:]+):([^$:]+)$/.exec(text);
  if (match === null) return undefined;
  const [, iterations = "", salt = "", stored = "", server = ""] = match;
  const storedKey = Buffer.from(stored, "base64");
  const serverKey = Buffer.from(server, "base64");
  if (storedKey.length !== 32 || serverKey.length !== 32) return undefined;
  return {
    iterations: Number(iterations),
    salt: Buffer.from(salt, "base64"),
    storedKey,
    serverKey,
  };
}

export type ScramOutcome =
  | { readonly kind: "accepted"; readonly serverFinal: string }
  /** The proof does not fit: a wrong password. */
  | { readonly kind: "refused" }
  /** The message is not SCRAM. */
  | { readonly kind: "malformed"; readonly problem: string };

/** One exchange: client-first → server-first → client-final → server-final. */
export class ScramExchange {
  readonly #verifier: ScramVerifier;
  readonly #serverNonce: string;
  #gs2Header = "";
  #clientFirstBare = "";
  #serverFirst = "";
  #nonce = "";

  /** `serverNonce`: printable characters without a comma, fresh for each exchange. */
  constructor(verifier: ScramVerifier, serverNonce: string) {
    this.#verifier = verifier;
    this.#serverNonce = serverNonce;
  }

  /** The server-first message, or what is wrong with the client's. */
  first(
    clientFirst: string,
  ): { readonly serverFirst: string } | { readonly kind: "malformed"; readonly problem: string } {
    const match = /^([nyp])(?:=([^,]*))?,(a=[^,]*)?,(.*)$/s.exec(clientFirst);
    if (match === null) return malformed("the first message has no header");
    const [, binding, , authorization, bare = ""] = match;
    if (binding === "p") return malformed("channel binding was not offered");
    if (authorization !== undefined) return malformed("an authorization identity is not supported");
    const fields = /^n=[^,]*,r=([\x21-\x2b\x2d-\x7e]+)(?:,.*)?$/s.exec(bare);
    const clientNonce = fields?.[1];
    if (clientNonce === undefined) return malformed("the first message has no nonce");
    this.#gs2Header = clientFirst.slice(0, clientFirst.length - bare.length);
    this.#clientFirstBare = bare;
    this.#nonce = clientNonce + this.#serverNonce;
    const salt = Buffer.from(this.#verifier.salt).toString("base64");
    this.#serverFirst = `r=${this.#nonce},s=${salt},i=${this.#verifier.iterations}`;
    return { serverFirst: this.#serverFirst };
  }

  final(clientFinal: string): ScramOutcome {
    const match = /^(c=([^,]*),r=([^,]*)(?:,.*)?),p=([^,]+)$/s.exec(clientFinal);
    if (match === null) return malformed("the final message has no proof");
    const [, withoutProof = "", binding = "", nonce = "", proofText = ""] = match;
    if (Buffer.from(binding, "base64").toString() !== this.#gs2Header) {
      return malformed("the channel binding changed");
    }
    if (nonce !== this.#nonce) return malformed("the nonce changed");
    const proof = Buffer.from(proofText, "base64");
    if (proof.length !== 32) return malformed("the proof has the wrong length");

    const authMessage = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`;
    const clientSignature = hmac(this.#verifier.storedKey, authMessage);
    const clientKey = proof.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
    if (!timingSafeEqual(sha256(clientKey), this.#verifier.storedKey)) return { kind: "refused" };
    const signature = hmac(this.#verifier.serverKey, authMessage).toString("base64");
    return { kind: "accepted", serverFinal: `v=${signature}` };
  }
}

function malformed(problem: string): { readonly kind: "malformed"; readonly problem: string } {
  return { kind: "malformed", problem };
}

function saltedPassword(password: string, salt: Uint8Array, iterations: number): Promise<Buffer> {
  // NFKC stands in for SASLprep; the two agree on every password without unassigned characters.
  const normal = password.normalize("NFKC");
  return new Promise((resolve, reject) => {
    pbkdf2(normal, salt, iterations, 32, "sha256", (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function hmac(key: Uint8Array, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
