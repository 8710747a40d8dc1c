import { SqlError, notSupported } from "#base/errors.ts";
import { virtualSchemas } from "#catalog/builtin-objects.ts";
import type { DropStmt, Node, RangeVar } from "#sql/parse/ast.ts";
import { nameParts } from "./environment.ts";
import type { Environment } from "./environment.ts";
import { findRelation } from "./lookup-relation.ts";
import { findTypeByName, formatType } from "#sql/types/type.ts";
import type {
  DropAbsentStatement,
  DropIndexStatement,
  DropSchemaStatement,
  DropTableStatement,
} from "./statement.ts";

type DropStatement =
  DropTableStatement | DropIndexStatement | DropSchemaStatement | DropAbsentStatement;

/** Kinds of relations that cannot be created, and so cannot be there: what PostgreSQL calls them. */
const absentRelations: Readonly<Record<string, string>> = {
  OBJECT_VIEW: "view",
  OBJECT_MATVIEW: "materialized view",
  OBJECT_SEQUENCE: "sequence",
  OBJECT_FOREIGN_TABLE: "foreign table",
};

export function bindDrop(environment: Environment, node: DropStmt): DropStatement {
  switch (node.removeType) {
    case "OBJECT_TABLE":
      return bindDropTable(environment, node);
    case "OBJECT_INDEX":
      return bindDropIndex(environment, node);
    case "OBJECT_SCHEMA":
      return bindDropSchema(environment, node);
    case "OBJECT_TYPE":
    case "OBJECT_DOMAIN":
      return bindDropType(environment, node);
    default: {
      const absent = absentRelations[node.removeType ?? ""];
      if (absent !== undefined) return bindDropAbsent(environment, node, absent);
      const word = (node.removeType ?? "").replace("OBJECT_", "").replaceAll("_", " ");
      throw notSupported(`DROP ${word}`);
    }
  }
}

function objectName(object: Node): RangeVar {
  const parts = "List" in object ? nameParts(object.List.items) : nameParts([object]);
  const relname = parts.at(-1) ?? "";
  const schemaname = parts.length > 1 ? parts.at(-2) : undefined;
  const catalogname = parts.length > 2 ? parts.at(-3) : undefined;
  return {
    relname,
    location: -1,
    ...(schemaname === undefined ? {} : { schemaname }),
    ...(catalogname === undefined ? {} : { catalogname }),
  };
}

function isCascade(node: DropStmt): boolean {
  return node.behavior === "DROP_CASCADE";
}

/** What IF EXISTS says of something that is not there; otherwise the error. */
function missing(environment: Environment, word: string, name: RangeVar, node: DropStmt): string {
  const { schemaname, relname = "" } = name;
  if (
    schemaname !== undefined &&
    environment.catalog.snapshot.findSchema(schemaname) === undefined
  ) {
    if (node.missing_ok === true) return `schema "${schemaname}" does not exist, skipping`;
    throw new SqlError("invalid_schema_name", `schema "${schemaname}" does not exist`);
  }
  if (node.missing_ok === true) return `${word} "${relname}" does not exist, skipping`;
  throw new SqlError(
    ["index", "type", "foreign table"].includes(word) ? "undefined_object" : "undefined_table",
    `${word} "${relname}" does not exist`,
  );
}

function bindDropTable(environment: Environment, node: DropStmt): DropTableStatement {
  const notices: string[] = [];
  const tables = (node.objects ?? []).flatMap((object) => {
    const name = objectName(object);
    const relation = findRelation(environment, name);
    if (relation === undefined) {
      notices.push(missing(environment, "table", name, node));
      return [];
    }
    if (relation.kind === "table") return [relation.table];
    if (relation.kind === "virtual") {
      throw new SqlError(
        "insufficient_privilege",
        `permission denied: "${relation.table.name}" is a system catalog`,
      );
    }
    throw new SqlError("wrong_object_type", `"${name.relname ?? ""}" is not a table`, {
      hint: "Use DROP INDEX to remove an index.",
    });
  });
  return { kind: "dropTable", tables: [...new Set(tables)], cascade: isCascade(node), notices };
}

/** DROP of what is never there: the same complaints and notices as where it might have been. */
function bindDropAbsent(
  environment: Environment,
  node: DropStmt,
  word: string,
): DropAbsentStatement {
  const notices = (node.objects ?? []).map((object) => {
    const name = objectName(object);
    const relation = findRelation(environment, name);
    if (relation === undefined) return missing(environment, word, name, node);
    const shown = name.relname ?? "";
    if (relation.kind === "virtual" && word === "view") {
      throw new SqlError(
        "insufficient_privilege",
        `permission denied: "${shown}" is a system catalog`,
      );
    }
    const article = /^[aeiou]/.test(word) ? "an" : "a";
    throw new SqlError("wrong_object_type", `"${shown}" is not ${article} ${word}`, {
      hint: `Use DROP ${relation.kind === "index" ? "INDEX" : "TABLE"} to remove ${relation.kind === "index" ? "an index" : "a table"}.`,
    });
  });
  return { kind: "dropAbsent", command: `DROP ${word.toUpperCase()}`, notices };
}

/** Types and domains cannot be created either, but some are built in. */
function bindDropType(environment: Environment, node: DropStmt): DropAbsentStatement {
  const isDomain = node.removeType === "OBJECT_DOMAIN";
  const notices = (node.objects ?? []).map((object) => {
    if (!("TypeName" in object)) throw notSupported("DROP of this");
    const parts = nameParts(object.TypeName.names);
    const relname = parts.at(-1) ?? "";
    const schemaname = parts.length > 1 ? parts.at(-2) : undefined;
    const name = { relname, ...(schemaname === undefined ? {} : { schemaname }) };
    const isBuiltIn = schemaname === undefined || schemaname === "pg_catalog";
    const type = isBuiltIn ? findTypeByName(relname) : undefined;
    if (type !== undefined && isDomain) {
      throw new SqlError("wrong_object_type", `"${parts.join(".")}" is not a domain`);
    }
    if (type !== undefined) {
      throw new SqlError(
        "dependent_objects_still_exist",
        `cannot drop type ${formatType(type.oid)} because it is required by the database system`,
      );
    }
    const relation = findRelation(environment, name);
    if (relation?.kind === "table") {
      throw new SqlError(
        "dependent_objects_still_exist",
        `cannot drop type ${relname} because table ${relname} requires it`,
        { hint: `You can drop table ${relname} instead.` },
      );
    }
    return missing(environment, "type", name, node);
  });
  return { kind: "dropAbsent", command: isDomain ? "DROP DOMAIN" : "DROP TYPE", notices };
}

function bindDropIndex(environment: Environment, node: DropStmt): DropIndexStatement {
  const notices: string[] = [];
  const indexes = (node.objects ?? []).flatMap((object) => {
    const name = objectName(object);
    const relation = findRelation(environment, name);
    if (relation === undefined) {
      notices.push(missing(environment, "index", name, node));
      return [];
    }
    if (relation.kind !== "index") {
      throw new SqlError("wrong_object_type", `"${name.relname ?? ""}" is not an index`, {
        hint: "Use DROP TABLE to remove a table.",
      });
    }
    const { table, index } = relation;
    if (index.isConstraint) {
      throw new SqlError(
        "dependent_objects_still_exist",
        `cannot drop index ${index.name} because constraint ${index.name} on table ${table.name} requires it`,
        { hint: `You can drop constraint ${index.name} on table ${table.name} instead.` },
      );
    }
    return [{ table, index }];
  });
  return { kind: "dropIndex", indexes, cascade: isCascade(node), notices };
}

function bindDropSchema(environment: Environment, node: DropStmt): DropSchemaStatement {
  const notices: string[] = [];
  const names = (node.objects ?? []).flatMap((object) => {
    const name = nameParts([object])[0] ?? "";
    if (virtualSchemas.some((schema) => schema.name === name)) {
      throw new SqlError(
        "dependent_objects_still_exist",
        `cannot drop schema ${name} because it is required by the database system`,
      );
    }
    if (environment.catalog.snapshot.findSchema(name) !== undefined) return [name];
    if (node.missing_ok !== true) {
      throw new SqlError("invalid_schema_name", `schema "${name}" does not exist`);
    }
    notices.push(`schema "${name}" does not exist, skipping`);
    return [];
  });
  return { kind: "dropSchema", names, cascade: isCascade(node), notices };
}
