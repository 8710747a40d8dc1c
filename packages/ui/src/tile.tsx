import { Lock } from "lucide-react";
import type { ReactNode } from "react";
import { Age } from "./age.tsx";
import { Shape, type Tone } from "./shape.tsx";
import { Skeleton } from "./skeleton.tsx";

/**
 * What a tile can be instead of showing its figure. Loading keeps the final geometry; unknown is
 * never drawn as zero; every other state says what is the matter and what comes next.
 */
export type TileState =
  | { readonly kind: "loading" }
  | { readonly kind: "empty"; readonly title: string; readonly next: ReactNode }
  | {
      readonly kind: "partial";
      /** Such as `2 of 3 nodes answered`. */
      readonly title: string;
      readonly missing: ReactNode;
      readonly content: ReactNode;
    }
  | {
      readonly kind: "stale";
      readonly age: string;
      readonly since: ReactNode;
      readonly content: ReactNode;
    }
  | {
      readonly kind: "error";
      readonly title: string;
      /** Where it failed and since when. */
      readonly detail: ReactNode;
      readonly requestId?: string;
      readonly retry?: ReactNode;
    }
  | { readonly kind: "forbidden"; readonly title: string; readonly who: ReactNode }
  | { readonly kind: "unsupported"; readonly title: string; readonly needs: ReactNode }
  | { readonly kind: "disabled"; readonly control: ReactNode; readonly why: ReactNode };

export function Tile({ state }: { state: TileState }) {
  switch (state.kind) {
    case "loading":
      return (
        <div aria-busy="true" aria-label="Loading" role="status" className="grid gap-2">
          <Skeleton className="h-2.5 w-3/5" />
          <Skeleton className="h-6 w-2/5" />
          <Skeleton className="h-2.5 w-4/5" />
          <Skeleton className="h-9" />
        </div>
      );
    case "empty":
      return <Block title={state.title} detail={state.next} />;
    case "partial":
      return (
        <Block title={state.title} tone="warn" content={state.content} detail={state.missing} />
      );
    case "stale":
      return (
        <div className="grid gap-1.5">
          <div className="hatch rounded-2 border border-dashed border-control-line px-2.5 py-2">
            <Age freshness="stale" text={state.age} />
            <div className="mt-1">{state.content}</div>
          </div>
          <p className="text-small text-ink-2">{state.since}</p>
        </div>
      );
    case "error":
      return (
        <div role="alert">
          <Block title={state.title} tone="crit" detail={state.detail}>
            {state.requestId !== undefined && (
              <code className="font-mono text-small">request {state.requestId}</code>
            )}
            {state.retry}
          </Block>
        </div>
      );
    case "forbidden":
      return <Block title={state.title} icon={<Lock className="size-3.5" />} detail={state.who} />;
    case "unsupported":
      return <Block title={state.title} tone="info" detail={state.needs} />;
    case "disabled":
      return (
        <div className="grid justify-items-start gap-1.5">
          {state.control}
          <p className="text-small text-ink-2">{state.why}</p>
        </div>
      );
  }
}

function Block({
  title,
  tone,
  icon,
  content,
  detail,
  children,
}: {
  title: string;
  tone?: Tone;
  icon?: ReactNode;
  /** Before the detail. */
  content?: ReactNode;
  detail: ReactNode;
  /** After the detail. */
  children?: ReactNode;
}) {
  return (
    <div className="grid justify-items-start gap-1.5">
      <p className="flex items-center gap-1.5 font-semibold">
        {tone !== undefined && <Shape kind={tone} />}
        {icon}
        {title}
      </p>
      {content}
      <div className="text-small text-ink-2">{detail}</div>
      {children}
    </div>
  );
}
