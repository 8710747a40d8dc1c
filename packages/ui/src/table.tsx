import type { ComponentProps, ReactNode } from "react";
import { classNames } from "./class-names.tsx";

/** A table that scrolls inside its card; the page never scrolls sideways. The caption is for screen readers. */
export function Table({ caption, children }: { caption: string; children: ReactNode }) {
  return (
    // A region that scrolls must be reachable by keyboard; hidden words in it must scroll with it (relative).
    <div
      role="region"
      aria-label={caption}
      tabIndex={0}
      className="relative overflow-x-auto [scrollbar-width:thin]"
    >
      <table className="w-full border-separate border-spacing-0">
        <caption className="sr-only">{caption}</caption>
        {children}
      </table>
    </div>
  );
}

export function HeaderCell({
  numeric = false,
  className,
  ...rest
}: ComponentProps<"th"> & { numeric?: boolean }) {
  return (
    <th
      scope="col"
      className={classNames(
        "border-b border-line bg-surface px-3 py-2 text-left text-small font-medium whitespace-nowrap text-ink-2 first:pl-4 last:pr-4 aria-[sort]:text-ink",
        numeric && "text-right",
        className,
      )}
      {...rest}
    />
  );
}

/** A row; `held` hatches it, for what is shown from memory. */
export function Row({
  held = false,
  className,
  ...rest
}: ComponentProps<"tr"> & { held?: boolean }) {
  return (
    <tr
      className={classNames(
        "group/row hover:bg-hover aria-selected:bg-selected [&:last-child>*]:border-b-0",
        held && "hatch",
        className,
      )}
      {...rest}
    />
  );
}

const cell = "h-9 border-b border-line px-3 py-[7px] align-middle first:pl-4 last:pr-4";

export function Cell({
  numeric = false,
  className,
  ...rest
}: ComponentProps<"td"> & { numeric?: boolean }) {
  return (
    <td
      className={classNames(cell, numeric && "text-right whitespace-nowrap", className)}
      {...rest}
    />
  );
}

/** The cell that names its row. */
export function RowHeader({ className, ...rest }: ComponentProps<"th">) {
  return (
    <th
      scope="row"
      className={classNames(
        cell,
        "text-left font-semibold whitespace-nowrap group-aria-selected/row:shadow-[inset_2px_0_0_var(--link)]",
        className,
      )}
      {...rest}
    />
  );
}
