import type { ReactNode } from "react";

/** A neutral label for a property, not a state. */
export function Tag({ children }: { children: ReactNode }) {
  return (
    <span className="inline-block rounded-1 border border-line bg-sunken px-1.5 text-micro whitespace-nowrap text-ink-2">
      {children}
    </span>
  );
}
