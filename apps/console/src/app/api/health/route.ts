import { sql } from "drizzle-orm";
import { getConsole } from "../../../server/console.ts";

export const dynamic = "force-dynamic";

/** The console's own health, for supervisors. Says nothing about the cluster. */
export async function GET(): Promise<Response> {
  try {
    const { store } = await getConsole();
    await store.database.execute(sql`select 1`);
    return Response.json({ status: "ok" });
  } catch {
    return Response.json({ status: "failed" }, { status: 503 });
  }
}
