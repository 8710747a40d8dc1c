import { tracked, TRPCError } from "@trpc/server";
import { z } from "zod";
import { thin } from "../../cluster/history.ts";
import { operatorProcedure, router } from "../trpc.ts";

/** A stream outlives its check of the session by at most this. */
const sessionCheckMs = 30_000;
const changesMax = 200;

export const clusterRouter = router({
  current: operatorProcedure.query(({ ctx }) => ctx.cluster.current()),

  /** Every view from now on; the id is the view's revision. A reader that was away gets the newest. */
  watch: operatorProcedure
    .input(z.object({ lastEventId: z.string().max(64).nullish() }).optional())
    .subscription(async function* ({ ctx, signal }) {
      let checkedAtMs = Date.now();
      for await (const view of ctx.cluster.views(signal ?? new AbortController().signal)) {
        if (Date.now() - checkedAtMs > sessionCheckMs) {
          checkedAtMs = Date.now();
          if ((await ctx.findPerson()) === undefined) {
            throw new TRPCError({ code: "UNAUTHORIZED", message: "The session has ended" });
          }
        }
        yield tracked(view.revision, view);
      }
    }),

  /** Newest first. */
  changes: operatorProcedure
    .input(z.object({ limit: z.number().int().min(1).max(changesMax).default(20) }))
    .query(({ ctx, input }) => ctx.cluster.changes().slice(0, input.limit)),

  /** The last quarter of an hour, oldest first, at most `points` samples. */
  history: operatorProcedure
    .input(z.object({ points: z.number().int().min(2).max(900).default(180) }))
    .query(({ ctx, input }) => thin(ctx.cluster.history(), input.points)),
});
