import { sql } from "drizzle-orm";
import {
  bigserial,
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  timestamp,
} from "drizzle-orm/pg-core";
import type { Evidence } from "../../cluster/evidence.ts";

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });

/** Who may do what, lowest first; a person has one role, and a role includes those below it. */
export const role = pgTable("role", {
  name: text("name").primaryKey(),
  rank: integer("rank").notNull().unique(),
  description: text("description").notNull(),
});

export const user = pgTable("user", {
  id: text("id").primaryKey(),
  name: text("name").notNull(),
  email: text("email").notNull().unique(),
  emailVerified: boolean("email_verified").notNull().default(false),
  image: text("image"),
  role: text("role")
    .notNull()
    .default("viewer")
    .references(() => role.name),
  createdAt: at("created_at").notNull().defaultNow(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

export const session = pgTable(
  "session",
  {
    id: text("id").primaryKey(),
    token: text("token").notNull().unique(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    expiresAt: at("expires_at").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [index("session_user").on(table.userId)],
);

/** A way to prove who one is: for a local account its password hash. */
export const account = pgTable(
  "account",
  {
    id: text("id").primaryKey(),
    accountId: text("account_id").notNull(),
    providerId: text("provider_id").notNull(),
    userId: text("user_id")
      .notNull()
      .references(() => user.id, { onDelete: "cascade" }),
    accessToken: text("access_token"),
    refreshToken: text("refresh_token"),
    idToken: text("id_token"),
    accessTokenExpiresAt: at("access_token_expires_at"),
    refreshTokenExpiresAt: at("refresh_token_expires_at"),
    scope: text("scope"),
    password: text("password"),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
  },
  (table) => [index("account_user").on(table.userId)],
);

export const verification = pgTable("verification", {
  id: text("id").primaryKey(),
  identifier: text("identifier").notNull(),
  value: text("value").notNull(),
  expiresAt: at("expires_at").notNull(),
  createdAt: at("created_at").notNull().defaultNow(),
  updatedAt: at("updated_at").notNull().defaultNow(),
});

/** One row from the moment the first admin is being created: of two at once only one gets it. */
export const setup = pgTable(
  "setup",
  { id: integer("id").primaryKey(), startedAt: at("started_at").notNull().defaultNow() },
  (table) => [check("setup_is_single", sql`${table.id} = 1`)],
);

/** Who did what and how it ended. Rows are only ever added. */
export const audit = pgTable(
  "audit",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    at: at("at").notNull().defaultNow(),
    action: text("action").notNull(),
    /** The person's email, or what was typed as one. */
    actor: text("actor").notNull(),
    outcome: text("outcome").notNull(),
    ipAddress: text("ip_address"),
    userAgent: text("user_agent"),
    detail: jsonb("detail").notNull().default({}),
  },
  (table) => [index("audit_action_at").on(table.action, table.at)],
);

/** What became different in the cluster, as the console saw it; `detail` is a Change. */
export const clusterChange = pgTable(
  "cluster_change",
  {
    id: bigserial("id", { mode: "number" }).primaryKey(),
    at: at("at").notNull(),
    detail: jsonb("detail").notNull(),
  },
  (table) => [index("cluster_change_at").on(table.at)],
);

/** The last the console knew, so that a console started without a cluster can still show it. */
export const clusterEvidence = pgTable("cluster_evidence", {
  id: integer("id").primaryKey(),
  savedAt: at("saved_at").notNull(),
  evidence: jsonb("evidence").$type<Evidence>().notNull(),
});
