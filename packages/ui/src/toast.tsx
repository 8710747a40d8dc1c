"use client";

import { Toast as Base } from "@base-ui/react/toast";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Shape, type Tone } from "./shape.tsx";

/** Puts toasts at the lower right. Those of tone `crit` stay until closed: errors never dismiss themselves. */
export function ToastProvider({ children }: { children: ReactNode }) {
  return (
    <Base.Provider>
      {children}
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-50 grid w-[360px] max-w-[calc(100vw-32px)] gap-2">
          <Toasts />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}

/** Announces the outcome of something the person did. */
export function useToast(): (toast: { tone: Tone; title: string; detail?: string }) => void {
  const manager = Base.useToastManager();
  return ({ tone, title, detail }) =>
    manager.add({
      title,
      description: detail,
      type: tone,
      priority: tone === "crit" ? "high" : "low",
      timeout: tone === "crit" ? 0 : 6_000,
    });
}

const tones: readonly string[] = ["ok", "warn", "crit", "info", "unknown"] satisfies Tone[];

function isTone(text: string | undefined): text is Tone {
  return text !== undefined && tones.includes(text);
}

function Toasts() {
  const { toasts } = Base.useToastManager();
  return toasts.map((toast) => (
    <Base.Root
      key={toast.id}
      toast={toast}
      className="rounded-3 border border-line-strong bg-raised shadow-2 transition-opacity duration-[220ms] data-[ending-style]:opacity-0 data-[starting-style]:opacity-0"
    >
      <Base.Content className="flex items-start gap-2.5 px-3.5 py-[11px]">
        <Shape kind={isTone(toast.type) ? toast.type : "info"} className="mt-[3px] size-3.5" />
        <div className="min-w-0 flex-1">
          <Base.Title className="font-semibold" render={<p />} />
          <Base.Description className="text-small text-ink-2" />
        </div>
        <Base.Close aria-label="Dismiss" className="-m-1 grid size-6 place-items-center">
          <X aria-hidden="true" className="size-4" />
        </Base.Close>
      </Base.Content>
    </Base.Root>
  ));
}
