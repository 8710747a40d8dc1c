import type { TableDescriptor } from "#catalog/descriptor.ts";
import type { Node, SelectStmt } from "#sql/parse/ast.ts";
import type { SourceText } from "#sql/parse/source-text.ts";
import type { BindCatalog } from "./bind-catalog.ts";
import type { CteFrame } from "./cte-frame.ts";
import { ParameterTypes } from "./parameter-types.ts";
import type { Expression } from "./expression.ts";
import type { QueryPlan } from "./query-plan.ts";
import type { Site } from "./site.ts";
import type { Scope, ScopeRelation } from "./scope.ts";

/** How a query inside a statement is bound. */
export interface QueryRequest {
  /** Scope of the expression or FROM clause that the query stands in; undefined at the top. */
  readonly parent: Scope | undefined;
  /** WITH queries in sight; those of the parent unless given. */
  readonly ctes?: CteFrame | undefined;
  /** Leave literals of unknown type in the target list as they are (INSERT … SELECT). */
  readonly keepUnknown?: boolean;
  /** The statement's own query, where INTO may stand. */
  readonly isTop?: boolean;
  /** Relations beside the query that it may not read, for better messages. */
  readonly unreachable?: readonly ScopeRelation[] | undefined;
}

/** A query to be bound once its WITH clause is known. */
export interface QueryLevel {
  readonly environment: Environment;
  readonly request: QueryRequest;
}

export interface Modification {
  readonly plan: QueryPlan;
  readonly command: "INSERT" | "UPDATE" | "DELETE";
  readonly returnsRows: boolean;
}

/**
 * Expressions hold queries, queries hold expressions and, in WITH, modifications, which hold
 * both. Each reaches the others through these.
 */
export interface Binders {
  readonly expression: (site: Site, node: Node) => Expression;
  readonly query: (
    environment: Environment,
    select: SelectStmt,
    request: QueryRequest,
  ) => QueryPlan;
  readonly modification: (
    environment: Environment,
    node: Node,
    request: QueryRequest,
  ) => Modification;
}

/** What is shared by everything bound for one statement. */
export class Environment {
  readonly catalog: BindCatalog;
  readonly source: SourceText;
  readonly parameters: ParameterTypes;
  readonly tables = new Set<TableDescriptor>();
  /** Set when a literal was read whose meaning changes with time. */
  hasTimeDependentLiteral = false;
  #nextCteId = 1;
  readonly #binders: Binders;

  constructor(options: {
    readonly catalog: BindCatalog;
    readonly source: SourceText;
    readonly parameterTypeOids: readonly number[];
    readonly binders: Binders;
  }) {
    this.catalog = options.catalog;
    this.source = options.source;
    this.parameters = new ParameterTypes(options.parameterTypeOids);
    this.#binders = options.binders;
  }

  /** For another text under the same catalog, such as a stored expression. */
  forText(source: SourceText): Environment {
    return new Environment({
      catalog: this.catalog,
      source,
      parameterTypeOids: [],
      binders: this.#binders,
    });
  }

  bindExpression(site: Site, node: Node): Expression {
    return this.#binders.expression(site, node);
  }

  bindQuery(select: SelectStmt, request: QueryRequest): QueryPlan {
    return this.#binders.query(this, select, request);
  }

  bindModification(node: Node, request: QueryRequest): Modification {
    return this.#binders.modification(this, node, request);
  }

  position(location: number | undefined): number | undefined {
    return this.source.position(location);
  }

  newCteId(): number {
    return this.#nextCteId++;
  }
}

/** The strings of a list of name parts. */
export function nameParts(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : "*"));
}
