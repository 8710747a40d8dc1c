import type { ReactNode } from "react";

export function Kbd({ children }: { children: ReactNode }) {
  return (
    <kbd className="rounded-1 border border-b-2 border-line-strong bg-surface px-[5px] font-sans text-micro font-medium text-ink-2">
      {children}
    </kbd>
  );
}
