import "server-only";
import { and, count, eq, gte, sql } from "drizzle-orm";
import { audit } from "./schema.ts";
import type { Database } from "./store.ts";

export interface AuditEntry {
  readonly action: "signIn" | "signOut" | "createAdmin";
  /** The person's email, or what was typed as one. */
  readonly actor: string;
  readonly outcome: "done" | "refused" | "limited";
  readonly ipAddress: string | undefined;
  readonly userAgent: string | undefined;
  readonly detail?: Readonly<Record<string, string | number>>;
}

export interface AuditLog {
  record(entry: AuditEntry): Promise<void>;
  /** Refused sign-ins of this actor and from this address since a moment. */
  refusedSignIns(who: {
    readonly actor: string;
    readonly ipAddress: string | undefined;
    readonly since: Date;
  }): Promise<{ readonly byActor: number; readonly byAddress: number }>;
}

export function auditLogOf(database: Database): AuditLog {
  return {
    async record(entry) {
      await database.insert(audit).values({
        action: entry.action,
        actor: entry.actor.slice(0, 320),
        outcome: entry.outcome,
        ipAddress: entry.ipAddress,
        userAgent: entry.userAgent?.slice(0, 400),
        detail: entry.detail ?? {},
      });
    },

    async refusedSignIns({ actor, ipAddress, since }) {
      const ofAddress =
        ipAddress === undefined ? sql`false` : sql`${audit.ipAddress} = ${ipAddress}`;
      const [row] = await database
        .select({
          byActor: count(sql`case when ${audit.actor} = ${actor} then 1 end`),
          byAddress: count(sql`case when ${ofAddress} then 1 end`),
        })
        .from(audit)
        .where(and(eq(audit.action, "signIn"), eq(audit.outcome, "refused"), gte(audit.at, since)));
      return row ?? { byActor: 0, byAddress: 0 };
    },
  };
}
