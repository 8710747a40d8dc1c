"use client";

import { Button } from "@holo-fusion/ui/button";
import { Tile } from "@holo-fusion/ui/tile";

/** One page failed; the rest of the console goes on. */
export default function PageError({
  error,
  reset,
}: {
  error: Error & { digest?: string };
  reset: () => void;
}) {
  return (
    <main className="m-auto max-w-[560px] p-8">
      <Tile
        state={{
          kind: "error",
          title: "This page could not be shown",
          detail: "The console's server has the cause in its log. The cluster is not affected.",
          ...(error.digest === undefined ? {} : { requestId: error.digest }),
          retry: (
            <Button size="small" onClick={reset}>
              Try again
            </Button>
          ),
        }}
      />
    </main>
  );
}
