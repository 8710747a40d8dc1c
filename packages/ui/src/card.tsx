import type { ReactNode } from "react";
import { classNames } from "./class-names.tsx";

/** A titled surface. Never nested: inside a card a hairline does the work. */
export function Card({
  title,
  subtitle,
  end,
  footer,
  flush = false,
  className,
  id,
  children,
}: {
  title: ReactNode;
  subtitle?: ReactNode;
  /** Actions or figures at the right of the header. */
  end?: ReactNode;
  footer?: ReactNode;
  /** Without padding, for tables and lists that bring their own. */
  flush?: boolean;
  className?: string;
  id?: string;
  children: ReactNode;
}) {
  return (
    <section
      id={id}
      className={classNames(
        "min-w-0 overflow-clip rounded-3 border border-line bg-surface shadow-1",
        className,
      )}
    >
      <header className="flex min-h-11 flex-wrap items-center gap-x-2.5 gap-y-0.5 border-b border-line px-4 py-2 small:flex-nowrap">
        <h2 className="text-body font-semibold tracking-[-0.003em]">{title}</h2>
        {subtitle !== undefined && <span className="text-small text-ink-2">{subtitle}</span>}
        {end !== undefined && <div className="ml-auto flex items-center gap-2">{end}</div>}
      </header>
      <div className={flush ? "" : "px-4 py-3.5"}>{children}</div>
      {footer !== undefined && (
        <footer className="flex items-center gap-3 border-t border-line px-4 py-2 text-small text-ink-2">
          {footer}
        </footer>
      )}
    </section>
  );
}
