"use client";

import { useEffect, useRef, useState } from "react";
import { verdictOf } from "../../cluster/words.ts";
import { useClusterView } from "../live/live.tsx";
import { useTimeFormat } from "./time-zone.ts";

/** Spoken at most this often: a screen reader must not be talked over. */
const pauseMs = 5_000;

/** Reads the verdict out when it changes. */
export function Announcer() {
  const time = useTimeFormat();
  const { sentence } = verdictOf(useClusterView(), time);
  const [spoken, setSpoken] = useState("");
  const first = useRef(sentence);
  useEffect(() => {
    // The sentence of the first view stands in the page and is read from there.
    if (sentence === first.current) return;
    first.current = "";
    const timer = setTimeout(() => setSpoken(sentence), spoken === "" ? 0 : pauseMs);
    return () => clearTimeout(timer);
  }, [sentence, spoken]);
  return (
    <div role="status" aria-live="polite" className="sr-only">
      {spoken}
    </div>
  );
}
