import { router } from "../trpc.ts";
import { clusterRouter } from "./cluster.ts";
import { sessionRouter } from "./session.ts";

export const appRouter = router({ cluster: clusterRouter, session: sessionRouter });

export type AppRouter = typeof appRouter;
