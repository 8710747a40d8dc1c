"use client";

import { useSearchParams } from "next/navigation";
import { useState } from "react";
import { Button } from "@holo-fusion/ui/button";
import { Notice } from "@holo-fusion/ui/notice";
import { formatList } from "../../format/format.ts";
import { parametersOfPath } from "./search-parameters.ts";

/** A link that says more than the page understands is not half obeyed in silence. */
export function UnknownParameters({ path }: { path: string }) {
  const search = useSearchParams();
  const [dismissed, setDismissed] = useState("");
  const faults = faultsOf(path, search);
  const text = formatList(faults);
  if (faults.length === 0 || dismissed === text) return null;
  return (
    <Notice
      tone="info"
      end={
        <Button size="small" onClick={() => setDismissed(text)}>
          Dismiss
        </Button>
      }
    >
      <b className="font-semibold">Part of this link was not understood:</b>{" "}
      <code className="font-mono break-all">{text}</code>. The page shows its default there.
    </Notice>
  );
}

/** The `name=value` pairs that the page does not know or whose value it cannot read. */
export function faultsOf(path: string, search: Iterable<[string, string]>): string[] {
  const known = parametersOfPath[path] ?? {};
  const faults: string[] = [];
  for (const [name, value] of search) {
    const parser = Object.hasOwn(known, name) ? known[name] : undefined;
    if (parser === undefined || parser.parse(value) === null) faults.push(`${name}=${value}`);
  }
  return faults;
}
