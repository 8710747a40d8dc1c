import type { WriteBatch } from "#storage/write-batch.ts";

/**
 * - `applied`: it took effect.
 * - `rejected`: it is in the log and did nothing, or another entry has its place: it never will.
 * - `unknown`: this replica cannot learn what became of it.
 */
export type ProposalOutcome = "applied" | "rejected" | "unknown";

interface Proposal {
  readonly term: number;
  /** As it was encoded: spares the proposer from decoding its own command. */
  readonly batch: WriteBatch | undefined;
  readonly resolve: (outcome: ProposalOutcome) => void;
}

/** What this replica put into the log as a leader and has not applied yet, by index. */
export class Proposals {
  readonly #byIndex = new Map<number, Proposal>();
  #appliedTerm = 0;

  get count(): number {
    return this.#byIndex.size;
  }

  add(
    place: { readonly index: number; readonly term: number },
    batch: WriteBatch | undefined,
  ): Promise<ProposalOutcome> {
    // An entry of an earlier term at this index was overwritten by the one that is proposed now.
    this.#settle(place.index, "rejected");
    return new Promise((resolve) => {
      this.#byIndex.set(place.index, { term: place.term, batch, resolve });
    });
  }

  /** The batch of our own proposal, if the entry is that. */
  batchOf(entry: { readonly index: number; readonly term: number }): WriteBatch | undefined {
    const proposal = this.#byIndex.get(entry.index);
    return proposal?.term === entry.term ? proposal.batch : undefined;
  }

  /** The entry at the index is applied; `tookEffect` speaks of the entry, which may be another's. */
  applied(entry: { readonly index: number; readonly term: number }, tookEffect: boolean): void {
    if (entry.term > this.#appliedTerm) {
      this.#appliedTerm = entry.term;
      this.#rejectBefore(entry.term);
    }
    const proposal = this.#byIndex.get(entry.index);
    if (proposal === undefined) return;
    this.#settle(entry.index, proposal.term === entry.term && tookEffect ? "applied" : "rejected");
  }

  /**
   * Terms never fall from one entry to the next: behind a committed entry of a later term, none of an
   * earlier one can follow. Waiting for its index instead could take as long as the log does not grow.
   */
  #rejectBefore(term: number): void {
    for (const [index, proposal] of [...this.#byIndex]) {
      if (proposal.term < term) this.#settle(index, "rejected");
    }
  }

  /** A snapshot brought the state up to the index: what it holds of our proposals is not told. */
  skippedTo(index: number): void {
    for (const at of [...this.#byIndex.keys()]) if (at <= index) this.#settle(at, "unknown");
  }

  abandon(): void {
    for (const at of [...this.#byIndex.keys()]) this.#settle(at, "unknown");
  }

  #settle(index: number, outcome: ProposalOutcome): void {
    const proposal = this.#byIndex.get(index);
    if (proposal === undefined) return;
    this.#byIndex.delete(index);
    proposal.resolve(outcome);
  }
}
