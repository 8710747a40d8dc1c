import type { ReactNode } from "react";
import { classNames } from "./class-names.tsx";

/** Navigation groups in the order an operator needs them. */
export function NavGroup({
  title,
  collapsible = false,
  children,
}: {
  title: string;
  /** Shrinks to a hairline where the navigation shows icons only. */
  collapsible?: boolean;
  children: ReactNode;
}) {
  return (
    <>
      <h2
        className={classNames(
          "px-2 pt-3 pb-1 text-[10.5px] leading-4 font-semibold tracking-[0.06em] text-ink-3 uppercase first:pt-0.5",
          collapsible &&
            "max-large:mx-1.5 max-large:my-2 max-large:h-px max-large:overflow-hidden max-large:bg-line max-large:p-0 max-large:text-transparent max-large:first:hidden",
        )}
      >
        {title}
      </h2>
      <ul>{children}</ul>
    </>
  );
}

/** What an entry of the navigation looks like; the caller brings the link element. */
export function navLinkStyle(current: boolean): string {
  return classNames(
    "flex h-8 items-center gap-[9px] rounded-2 px-2 font-medium text-ink-2 no-underline hover:bg-hover hover:text-ink hover:no-underline small:h-[29px] [&_svg]:size-4 [&_svg]:flex-none [&_svg]:stroke-[1.5] [&_svg]:opacity-80",
    current && "bg-sunken font-semibold text-ink [[data-theme=dark]_&]:bg-raised",
  );
}

/** How many problems wait on a page. Counts problems, never objects. */
export function NavCount({ tone, count }: { tone: "warn" | "crit"; count: number }) {
  if (count === 0) return null;
  return (
    <b
      className={classNames(
        "ml-auto h-[18px] min-w-[18px] rounded-full px-[5px] text-center text-micro leading-[18px] font-semibold",
        tone === "crit" ? "bg-crit-bg text-crit-fg" : "bg-warn-bg text-warn-fg",
      )}
    >
      <span className="sr-only">problems: </span>
      {count}
    </b>
  );
}
