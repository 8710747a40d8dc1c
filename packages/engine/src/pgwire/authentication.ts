import { createHash } from "node:crypto";
import type { Random } from "#runtime/ports.ts";
import { makeVerifier, parseVerifier, scramIterations, type ScramVerifier } from "./scram.ts";

/** Who may connect, and how they prove who they are. */
export interface Authenticator {
  /**
   * `trust`: no proof asked. `scram`: the client must prove that it knows the password; for an
   * unknown user the verifier is made up, so that nobody learns who exists. `encrypt`: this
   * connection must be encrypted first.
   */
  decide(client: ClientAddress, user: string): Promise<AuthenticationDecision>;
}

export interface ClientAddress {
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
}

export type AuthenticationDecision =
  | { readonly kind: "trust" }
  | { readonly kind: "scram"; readonly verifier: ScramVerifier }
  | { readonly kind: "encrypt" };

/**
 * Trusts loopback unless users are configured; asks everyone else for TLS and SCRAM-SHA-256.
 * Salted keys are derived once per user, so that a connection costs two HMACs and no PBKDF2.
 */
export class PasswordAuthenticator implements Authenticator {
  readonly #random: Random;
  readonly #passwords: ReadonlyMap<string, string>;
  readonly #trustLoopback: boolean;
  readonly #verifiers = new Map<string, Promise<ScramVerifier>>();
  readonly #decoySecret: Uint8Array;

  /** `passwords`: user to a password, or to a verifier in PostgreSQL's text form. */
  constructor(
    random: Random,
    options: {
      readonly passwords: ReadonlyMap<string, string>;
      readonly trustLoopback: boolean;
    },
  ) {
    this.#random = random;
    this.#passwords = options.passwords;
    this.#trustLoopback = options.trustLoopback;
    this.#decoySecret = random.bytes(32);
  }

  async decide(client: ClientAddress, user: string): Promise<AuthenticationDecision> {
    const isLocal = isLoopback(client.remoteAddress);
    if (isLocal && this.#trustLoopback) return { kind: "trust" };
    if (!isLocal && !client.isEncrypted) return { kind: "encrypt" };
    return { kind: "scram", verifier: await this.#verifier(user) };
  }

  #verifier(user: string): Promise<ScramVerifier> {
    const password = this.#passwords.get(user);
    if (password === undefined) return Promise.resolve(this.#decoy(user));
    let verifier = this.#verifiers.get(user);
    if (verifier === undefined) {
      const stored = parseVerifier(password);
      verifier =
        stored === undefined
          ? makeVerifier(password, { salt: this.#random.bytes(16) })
          : Promise.resolve(stored);
      this.#verifiers.set(user, verifier);
    }
    return verifier;
  }

  /** The same salt each time one user is asked for, as a real user would have; no proof fits. */
  #decoy(user: string): ScramVerifier {
    const hash = createHash("sha256").update(this.#decoySecret).update(user).digest();
    return {
      iterations: scramIterations,
      salt: hash.subarray(0, 16),
      storedKey: this.#random.bytes(32),
      serverKey: this.#random.bytes(32),
    };
  }
}

export function isLoopback(address: string): boolean {
  return (
    address === "::1" || address === "localhost" || /^(?:::ffff:)?127(?:\.\d+){3}$/.test(address)
  );
}
