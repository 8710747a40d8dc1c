"use client";

import { Dialog as Base } from "@base-ui/react/dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { buttonStyle } from "./button.tsx";
import { classNames } from "./class-names.tsx";

const backdrop =
  "fixed inset-0 z-40 bg-scrim transition-opacity duration-[220ms] ease-out data-[ending-style]:opacity-0 data-[starting-style]:opacity-0";

/** A modal in the middle of the screen, or a panel at its right or left edge. Escape and the backdrop close it. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  footer,
  place = "middle",
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  footer?: ReactNode;
  place?: "middle" | "right" | "left";
  children: ReactNode;
}) {
  return (
    <Base.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Base.Portal>
        <Base.Backdrop className={backdrop} />
        <Base.Popup
          className={classNames(
            "fixed z-50 flex flex-col overflow-hidden border-line-strong bg-raised shadow-3 transition-[opacity,transform] duration-[220ms] ease-out outline-none data-[ending-style]:opacity-0 data-[starting-style]:opacity-0",
            place === "middle" &&
              "top-1/2 left-1/2 max-h-[calc(100dvh-32px)] w-[560px] max-w-[calc(100vw-24px)] -translate-x-1/2 -translate-y-1/2 rounded-4 border",
            place === "right" &&
              "inset-y-0 right-0 w-[520px] max-w-full border-l data-[ending-style]:translate-x-1 data-[starting-style]:translate-x-1",
            place === "left" &&
              "inset-y-0 left-0 w-[280px] max-w-[85vw] border-r data-[ending-style]:-translate-x-1 data-[starting-style]:-translate-x-1",
          )}
        >
          <header className="flex items-start gap-3 px-6 pt-[18px] pb-3">
            <div className="min-w-0 flex-1">
              <Base.Title className="text-[17px] leading-6 font-semibold tracking-[-0.012em]">
                {title}
              </Base.Title>
              {description !== undefined && (
                <Base.Description className="text-small text-ink-2" render={<div />}>
                  {description}
                </Base.Description>
              )}
            </div>
            <Base.Close
              aria-label="Close"
              className={classNames(buttonStyle({ variant: "ghost", size: "square" }), "-mr-2")}
            >
              <X aria-hidden="true" />
            </Base.Close>
          </header>
          <div tabIndex={0} className="min-h-0 flex-1 overflow-y-auto px-6 pt-1 pb-4">
            {children}
          </div>
          {footer !== undefined && (
            <footer className="flex flex-wrap items-center justify-end gap-2 border-t border-line bg-sunken px-6 py-3.5">
              {footer}
            </footer>
          )}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
