import { assert, unreachable } from "#base/assert.ts";
import type {
  AggregateCall,
  Expression,
  SortKey,
  Subquery,
  WindowCall,
} from "#sql/bind/expression.ts";
import type { InsertPlan, JoinPlan, QueryPlan, WithPlan } from "#sql/bind/query-plan.ts";
import type { SetReturningFunction } from "#sql/types/function.ts";
import { AggregateOperator } from "./aggregate-operator.ts";
import type { CompiledAggregate } from "./aggregate-operator.ts";
import { compileExpression } from "./compile-expression.ts";
import type { ExpressionCompiler } from "./compile-expression.ts";
import { compileSubquery } from "./compile-subquery.ts";
import type { Evaluator } from "./frame.ts";
import {
  HashJoinOperator,
  LateralJoinOperator,
  LookupJoinOperator,
  NestedLoopOperator,
} from "./join-operator.ts";
import type { JoinParts } from "./join-operator.ts";
import { InsertOperator } from "./insert-operator.ts";
import { MeasuredOperator } from "./measure.ts";
import { ModifyOperator } from "./modify-operator.ts";
import { RowMaker } from "./operator.ts";
import type { Compiled, Operator } from "./operator.ts";
import { rowHasher } from "./row-hash.ts";
import {
  FilterOperator,
  FunctionScanOperator,
  LimitOperator,
  ProjectOperator,
  ProjectSetOperator,
  ValuesOperator,
  VirtualScanOperator,
} from "./row-operators.ts";
import type { SetItem } from "./row-operators.ts";
import { ScanOperator } from "./scan-operator.ts";
import { DistinctOnOperator, DistinctOperator, SetOperator } from "./set-operators.ts";
import { SortOperator } from "./sort-operator.ts";
import { WindowOperator } from "./window-operator.ts";
import type { CompiledWindowCall } from "./window-operator.ts";
import { CteScanOperator, RecursiveOperator, WithOperator } from "./with-operators.ts";

/** Makes a plan into operators, once per plan; the result may be run any number of times. */
export function compilePlan(plan: QueryPlan): Operator {
  return new PlanCompiler().operator(plan);
}

/** An expression outside any plan: a default for ALTER TABLE, an argument of EXECUTE. */
/** An insert whose rows come from elsewhere than its plan's source. */
export function compileCopyInto(plan: InsertPlan, source: Operator): Operator {
  return new InsertOperator(plan, new PlanCompiler(), source);
}

export function compileScalar(expression: Expression): Compiled {
  return new PlanCompiler().expression(expression);
}

/** What the compilers of plan nodes hand to each other. */
export class PlanCompiler implements ExpressionCompiler {
  #suspensionCount = 0;

  operator(plan: QueryPlan): Operator {
    return new MeasuredOperator(plan, this.#compile(plan));
  }

  readonly expression = (expression: Expression): Compiled => {
    const before = this.#suspensionCount;
    const evaluate = compileExpression(expression, this);
    return { evaluate, suspends: this.#suspensionCount > before };
  };

  maker(expressions: readonly Expression[]): RowMaker {
    return new RowMaker(expressions.map(this.expression));
  }

  subquery(expression: Subquery): Evaluator {
    const operands = expression.operands.map((operand) => compileExpression(operand, this));
    const test =
      expression.test === undefined ? undefined : compileExpression(expression.test, this);
    const operator = this.operator(expression.plan);
    this.#suspensionCount++;
    return compileSubquery(expression, operator, operands, test);
  }

  noteSuspension(): void {
    this.#suspensionCount++;
  }

  #optional(expression: Expression | undefined): Compiled | undefined {
    return expression === undefined ? undefined : this.expression(expression);
  }

  #sortMaker(keys: readonly SortKey[]): RowMaker {
    return this.maker(keys.map((key) => key.expression));
  }

  #compile(plan: QueryPlan): Operator {
    switch (plan.kind) {
      case "scan":
        return new ScanOperator(plan, this.expression);
      case "virtualScan":
        return new VirtualScanOperator(plan, this.#optional(plan.filter));
      case "values":
        return new ValuesOperator(plan.rows.map((row) => this.maker(row)));
      case "functionScan":
        return new FunctionScanOperator(
          plan.calls.map((call) => ({
            item: this.#setItem(call.fn, call.args, call.scalar),
            width: call.width,
          })),
          plan.withOrdinality,
        );
      case "filter":
        return new FilterOperator(plan, this.operator(plan.input), this.expression(plan.condition));
      case "project":
        return new ProjectOperator(this.operator(plan.input), this.maker(plan.expressions));
      case "projectSet":
        return new ProjectSetOperator(
          this.operator(plan.input),
          plan.items.map((item) =>
            item.kind === "set"
              ? this.#setItem(item.fn, item.args, undefined)
              : this.#setItem(undefined, [], item.expression),
          ),
        );
      case "join":
        return this.#join(plan);
      case "aggregate":
        return new AggregateOperator(
          plan,
          this.operator(plan.input),
          this.maker(plan.groups),
          plan.aggregates.map((call) => this.#aggregate(call)),
        );
      case "window":
        return new WindowOperator(
          this.operator(plan.input),
          {
            maker: this.maker(plan.partitionBy),
            typeOids: plan.partitionBy.map((expression) => expression.result.type.oid),
          },
          { maker: this.#sortMaker(plan.orderBy), keys: plan.orderBy },
          plan.calls.map((call) => this.#windowCall(call)),
        );
      case "sort":
        return new SortOperator(
          this.operator(plan.input),
          this.#sortMaker(plan.keys),
          plan.keys,
          this.#optional(plan.limitHint),
        );
      case "limit":
        return new LimitOperator(
          this.operator(plan.input),
          this.#optional(plan.limit),
          this.#optional(plan.offset),
          plan.tieKeys === undefined
            ? undefined
            : { keys: this.#sortMaker(plan.tieKeys), sortKeys: plan.tieKeys },
        );
      case "distinct": {
        const input = this.operator(plan.input);
        if (plan.on === undefined) return new DistinctOperator(input, rowHasher(typesOf(plan)));
        const onTypes = plan.on.map((expression) => expression.result.type.oid);
        return new DistinctOnOperator(input, this.maker(plan.on), rowHasher(onTypes));
      }
      case "setOperation":
        return new SetOperator(
          plan,
          this.operator(plan.left),
          this.operator(plan.right),
          plan.operation === "union" && plan.all ? () => null : rowHasher(typesOf(plan)),
        );
      case "with":
        return this.#with(plan);
      case "cteScan":
        return new CteScanOperator(plan.cteId, plan.name);
      case "recursive":
        return new RecursiveOperator(
          plan.cteId,
          this.operator(plan.start),
          this.operator(plan.step),
          plan.distinct ? rowHasher(typesOf(plan)) : undefined,
        );
      case "modify":
        return new ModifyOperator(plan.modify, this);
      default:
        return unreachable(plan);
    }
  }

  #with(plan: WithPlan): Operator {
    return new WithOperator(
      plan.ctes.map((cte) => ({
        id: cte.id,
        operator: this.operator(cte.plan),
        changesData: cte.plan.kind === "modify",
      })),
      this.operator(plan.body),
    );
  }

  #setItem(
    fn: SetReturningFunction | undefined,
    args: readonly Expression[],
    scalar: Expression | undefined,
  ): SetItem {
    if (fn !== undefined) return { kind: "set", fn, args: this.maker(args) };
    assert(scalar !== undefined, "a row source is a function or an expression");
    return { kind: "scalar", expression: this.expression(scalar) };
  }

  #aggregate(call: AggregateCall): CompiledAggregate {
    return {
      call,
      args: this.maker(call.args),
      filter: this.#optional(call.filter),
      orderKeys: call.orderBy.length === 0 ? undefined : this.#sortMaker(call.orderBy),
    };
  }

  #windowCall(call: WindowCall): CompiledWindowCall {
    const { start, end } = call.frame;
    return {
      call,
      args: this.maker(call.args),
      filter: this.#optional(call.filter),
      startOffset: "offset" in start ? this.expression(start.offset) : undefined,
      endOffset: "offset" in end ? this.expression(end.offset) : undefined,
    };
  }

  #join(plan: JoinPlan): Operator {
    const condition = this.#optional(plan.condition);
    const left = this.operator(plan.left);
    const widths = {
      leftWidth: plan.left.columns.length,
      rightWidth: plan.right.columns.length,
    };
    if (plan.algorithm === "lookup") {
      assert(plan.right.kind === "scan", "a lookup join reads an index");
      const scan = new ScanOperator(plan.right, this.expression);
      const parts: JoinParts = { type: plan.type, left, right: scan, condition, ...widths };
      // An index that may hold many rows for one key is read once per left row.
      return scan.isPointLookup
        ? new LookupJoinOperator(parts, scan)
        : new LateralJoinOperator(parts);
    }
    const right = this.operator(plan.right);
    const parts: JoinParts = { type: plan.type, left, right, condition, ...widths };
    if (plan.isLateral) return new LateralJoinOperator(parts);
    if (plan.algorithm === "nestedLoop") return new NestedLoopOperator(parts);
    return new HashJoinOperator(parts, {
      left: this.maker(plan.keys.map((key) => key.left)),
      right: this.maker(plan.keys.map((key) => key.right)),
      hash: rowHasher(plan.keys.map((key) => key.left.result.type.oid)),
    });
  }
}

function typesOf(plan: QueryPlan): readonly number[] {
  return plan.columns.map((column) => column.type.oid);
}
