import "server-only";
import { desc, lt, sql } from "drizzle-orm";
import { changeSchema, type Change } from "../../cluster/changes.ts";
import type { Evidence } from "../../cluster/evidence.ts";
import { clusterChange, clusterEvidence } from "./schema.ts";
import type { Database } from "./store.ts";

/** A change with when it was seen. */
export interface RecordedChange {
  readonly id: number;
  readonly atMs: number;
  readonly change: Change;
}

/** What the console remembers of the cluster over its own restarts. */
export interface ClusterMemory {
  loadEvidence(): Promise<{ readonly evidence: Evidence; readonly savedAtMs: number } | undefined>;
  saveEvidence(evidence: Evidence, savedAtMs: number): Promise<void>;
  recordChanges(changes: readonly Change[], atMs: number): Promise<readonly RecordedChange[]>;
  /** Newest first. */
  listChanges(limit: number): Promise<readonly RecordedChange[]>;
  /** Drops changes older than a moment. */
  forgetChangesBefore(atMs: number): Promise<void>;
}

/** There is one cluster per console, hence one row. */
const evidenceId = 1;

export function clusterMemoryOf(database: Database): ClusterMemory {
  return {
    async loadEvidence() {
      const [row] = await database.select().from(clusterEvidence);
      return row === undefined
        ? undefined
        : { evidence: row.evidence, savedAtMs: row.savedAt.getTime() };
    },

    async saveEvidence(evidence, savedAtMs) {
      const savedAt = new Date(savedAtMs);
      await database
        .insert(clusterEvidence)
        .values({ id: evidenceId, savedAt, evidence })
        .onConflictDoUpdate({
          target: clusterEvidence.id,
          set: { savedAt: sql`excluded.saved_at`, evidence: sql`excluded.evidence` },
        });
    },

    async recordChanges(changes, atMs) {
      if (changes.length === 0) return [];
      const rows = await database
        .insert(clusterChange)
        .values(changes.map((detail) => ({ at: new Date(atMs), detail })))
        .returning();
      return rows.flatMap(recorded);
    },

    async listChanges(limit) {
      const rows = await database
        .select()
        .from(clusterChange)
        .orderBy(desc(clusterChange.id))
        .limit(limit);
      return rows.flatMap(recorded);
    },

    async forgetChangesBefore(atMs) {
      await database.delete(clusterChange).where(lt(clusterChange.at, new Date(atMs)));
    },
  };
}

/** A row written by a later version may hold a kind that this one cannot tell; it is left out. */
function recorded(row: typeof clusterChange.$inferSelect): RecordedChange[] {
  const parsed = changeSchema.safeParse(row.detail);
  return parsed.success ? [{ id: row.id, atMs: row.at.getTime(), change: parsed.data }] : [];
}
