"use client";

import Link from "next/link";
import { Chip } from "@holo-fusion/ui/chip";
import { Shape } from "@holo-fusion/ui/shape";
import { formatAmount } from "../../format/format.ts";
import { useClusterView } from "../live/live.tsx";

/** How many things are wrong, on every page; nothing when nothing is. */
export function ProblemChip() {
  const { problems } = useClusterView();
  const worst = problems[0];
  if (worst === undefined) return null;
  return (
    <Link href="/" className="no-underline">
      <Chip tone={worst.tone}>
        <Shape kind={worst.tone} />
        {formatAmount(problems.length, "problem")}
      </Chip>
    </Link>
  );
}
