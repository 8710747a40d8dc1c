import type { Span } from "#base/ids.ts";
import { versionKey } from "#catalog/record.ts";
import type { TransactionCatalog } from "#catalog/transaction-catalog.ts";
import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import type { KvTransaction, ScanChunk, ScanOptions } from "#kv/api.ts";
import type { Clock } from "#runtime/ports.ts";
import type { ModifyPlan, QueryPlan } from "#sql/bind/query-plan.ts";
import type { Datum, Row } from "#sql/types/datum.ts";
import type { EvalContext } from "#sql/types/function.ts";
import type { MemoryAccount } from "./memory-account.ts";
import type { Pacer } from "./pacer.ts";
import type { RowIds } from "./row-ids.ts";
import type { StatementWrites } from "./statement-writes.ts";

/** Where virtual tables get their rows. */
export interface VirtualRows {
  rows(table: VirtualTableDescriptor, run: StatementRun): Iterable<Row>;
}

/** What one plan node did, for EXPLAIN ANALYZE. Times are inclusive, in milliseconds. */
export interface NodeMeasure {
  startupMs: number;
  totalMs: number;
  rows: number;
  loops: number;
  rowsRemoved: number;
}

export interface StatementRunOptions {
  readonly transaction: KvTransaction;
  readonly catalog: TransactionCatalog;
  readonly context: EvalContext;
  readonly parameters: Row;
  readonly memory: MemoryAccount;
  readonly pacer: Pacer;
  readonly writes: StatementWrites;
  readonly virtualRows: VirtualRows;
  readonly rowIds: RowIds;
  /** Filled when present, with times by this clock. */
  readonly measures: Map<QueryPlan, NodeMeasure> | undefined;
  readonly measureClock: Clock | undefined;
  /**
   * The statement is the whole transaction, so an INSERT may leave it to the commit to find that a
   * key exists; the session then runs the statement again without this, for the exact error.
   */
  readonly mayInsertBlind: boolean;
}

/**
 * One execution of one statement: everything that operators and expressions share.
 *
 * - Reads go to the transaction's snapshot; what the statement itself writes waits in `writes`
 *   until it has ended, so no part of a statement sees another part's changes.
 * - The first read brings catalogVersion along; StaleCatalog means: nothing was returned, plan again.
 */
export class StatementRun {
  readonly transaction: KvTransaction;
  readonly catalog: TransactionCatalog;
  readonly context: EvalContext;
  readonly parameters: Row;
  readonly memory: MemoryAccount;
  readonly pacer: Pacer;
  readonly writes: StatementWrites;
  readonly virtualRows: VirtualRows;
  readonly rowIds: RowIds;
  readonly measures: Map<QueryPlan, NodeMeasure> | undefined;
  readonly measureClock: Clock | undefined;
  readonly mayInsertBlind: boolean;
  #subqueryResults: Map<object, Datum> | undefined;
  #quantifiedRows: Map<object, unknown> | undefined;
  #affected: Map<ModifyPlan, number> | undefined;

  constructor(options: StatementRunOptions) {
    this.transaction = options.transaction;
    this.catalog = options.catalog;
    this.context = options.context;
    this.parameters = options.parameters;
    this.memory = options.memory;
    this.pacer = options.pacer;
    this.writes = options.writes;
    this.virtualRows = options.virtualRows;
    this.rowIds = options.rowIds;
    this.measures = options.measures;
    this.measureClock = options.measureClock;
    this.mayInsertBlind = options.mayInsertBlind;
  }

  /** Results of uncorrelated subqueries. */
  get subqueryResults(): Map<object, Datum> {
    return (this.#subqueryResults ??= new Map());
  }

  /** Rows of uncorrelated subqueries under ANY and ALL, by expression. */
  get quantifiedRows(): Map<object, unknown> {
    return (this.#quantifiedRows ??= new Map());
  }

  /** Rows changed so far, by INSERT, UPDATE or DELETE. */
  get affected(): Map<ModifyPlan, number> {
    return (this.#affected ??= new Map());
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.catalog.isVerified) return this.transaction.get(key);
    return (await this.getMany([key]))[0];
  }

  /** As `get`, when the answer is at hand; undefined when it must be waited for. */
  getNow(key: Uint8Array): { readonly value: Uint8Array | undefined } | undefined {
    if (this.catalog.isVerified) {
      const values = this.transaction.getManyNow([key]);
      return values === undefined ? undefined : { value: values[0] };
    }
    const values = this.transaction.getManyNow([versionKey, key]);
    if (values === undefined) return undefined;
    this.catalog.verify(values[0]);
    return { value: values[1] };
  }

  async getMany(keys: readonly Uint8Array[]): Promise<readonly (Uint8Array | undefined)[]> {
    if (this.catalog.isVerified) return this.transaction.getMany(keys);
    const [version, ...values] = await this.transaction.getMany([versionKey, ...keys]);
    this.catalog.verify(version);
    return values;
  }

  async scan(span: Span, options: ScanOptions): Promise<ScanChunk> {
    if (!this.catalog.isVerified) await this.verifyCatalog();
    return this.transaction.scan(span, options);
  }

  /** To be awaited before anything leaves for the client of a statement that names relations. */
  async verifyCatalog(): Promise<void> {
    if (!this.catalog.isVerified) this.catalog.verify(await this.transaction.get(versionKey));
  }
}
