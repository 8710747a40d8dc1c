import type { ReactNode } from "react";
import { classNames } from "./class-names.tsx";

/** The five roles a colour may play. `unknown` is never drawn as zero or as healthy. */
export type Tone = "ok" | "warn" | "crit" | "info" | "unknown";

/** A status told by outline alone: each kind stays recognisable without colour. */
export type ShapeKind = Tone | "clock" | "running" | "stuck";

const toneOfKind: Record<ShapeKind, Tone> = {
  ok: "ok",
  warn: "warn",
  crit: "crit",
  info: "info",
  unknown: "unknown",
  clock: "warn",
  running: "info",
  stuck: "warn",
};

export const toneText: Record<Tone, string> = {
  ok: "text-ok-fg",
  warn: "text-warn-fg",
  crit: "text-crit-fg",
  info: "text-info-fg",
  unknown: "text-unknown-fg",
};

const cut = {
  stroke: "var(--surface)",
  strokeWidth: 1.5,
  strokeLinecap: "round",
  strokeLinejoin: "round",
  fill: "none",
} as const;

const drawings: Record<ShapeKind, ReactNode> = {
  ok: (
    <>
      <circle cx="6" cy="6" r="5.5" fill="currentColor" />
      <path d="M3.6 6.1l1.7 1.7 3.2-3.5" {...cut} />
    </>
  ),
  warn: (
    <>
      <path
        d="M6 .7a.9.9 0 0 1 .8.45l4.9 8.9a.9.9 0 0 1-.8 1.35H1.1a.9.9 0 0 1-.8-1.35l4.9-8.9A.9.9 0 0 1 6 .7z"
        fill="currentColor"
      />
      <path d="M6 4.2v3" {...cut} />
      <circle cx="6" cy="9.3" r=".85" fill="var(--surface)" />
    </>
  ),
  crit: (
    <>
      <path d="M3.6.5h4.8l3.1 3.1v4.8l-3.1 3.1H3.6L.5 8.4V3.6z" fill="currentColor" />
      <path d="M4 4l4 4M8 4l-4 4" {...cut} />
    </>
  ),
  info: (
    <>
      <rect x=".8" y=".8" width="10.4" height="10.4" rx="2.4" fill="currentColor" />
      <path d="M6 5.4v3.2" {...cut} />
      <circle cx="6" cy="3.4" r=".85" fill="var(--surface)" />
    </>
  ),
  unknown: (
    <circle
      cx="6"
      cy="6"
      r="5"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.4"
      strokeDasharray="2.2 1.7"
    />
  ),
  clock: (
    <>
      <circle cx="6" cy="6" r="5" fill="none" stroke="currentColor" strokeWidth="1.3" />
      <path
        d="M6 3.4V6l1.7 1.2"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.3"
        strokeLinecap="round"
      />
    </>
  ),
  running: (
    <>
      <circle
        cx="6"
        cy="6"
        r="4.8"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        opacity=".3"
      />
      <path
        d="M6 1.2A4.8 4.8 0 0 1 10.8 6"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
      />
    </>
  ),
  stuck: (
    <>
      <rect
        x=".8"
        y=".8"
        width="10.4"
        height="10.4"
        rx="2.4"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.4"
      />
      <path d="M4.5 4v4M7.5 4v4" stroke="currentColor" strokeWidth="1.5" strokeLinecap="round" />
    </>
  ),
};

/** Decoration beside a word that says the same; hidden from assistive technology for that reason. */
export function Shape({ kind, className }: { kind: ShapeKind; className?: string }) {
  return (
    <svg
      viewBox="0 0 12 12"
      aria-hidden="true"
      className={classNames(
        "inline-block size-[11px] flex-none",
        toneText[toneOfKind[kind]],
        kind === "running" && "animate-spin [animation-duration:1.6s]",
        className,
      )}
    >
      {drawings[kind]}
    </svg>
  );
}

export function toneOf(kind: ShapeKind): Tone {
  return toneOfKind[kind];
}
