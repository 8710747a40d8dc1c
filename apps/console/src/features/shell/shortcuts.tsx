"use client";

import { useEffect, useEffectEvent, useSyncExternalStore } from "react";
import { Dialog } from "@holo-fusion/ui/dialog";
import { Kbd } from "@holo-fusion/ui/kbd";
import { Switch } from "@holo-fusion/ui/switch";
import { allPages } from "./pages.ts";

/** A sequence such as `g s` must be typed within this. */
const sequenceMs = 1_000;
const storageKey = "holo-fusion.shortcuts";

/** Single keys are a trap for people who dictate, so they can be turned off (WCAG 2.1.4). */
function useShortcutsEnabled(): boolean {
  return useSyncExternalStore(
    (notify) => {
      window.addEventListener("storage", notify);
      return () => window.removeEventListener("storage", notify);
    },
    () => localStorage.getItem(storageKey) !== "off",
    () => true,
  );
}

function setShortcutsEnabled(isEnabled: boolean): void {
  localStorage.setItem(storageKey, isEnabled ? "on" : "off");
  // The browser tells other tabs only.
  window.dispatchEvent(new StorageEvent("storage", { key: storageKey }));
}

/** Keys for moving about and looking; none of them changes the cluster. */
export function useShortcuts(actions: {
  readonly open: (path: string) => void;
  readonly togglePause: () => void;
  readonly help: () => void;
}): void {
  const isEnabled = useShortcutsEnabled();
  const onKey = useEffectEvent((key: string, isAfterG: boolean) => {
    if (isAfterG) {
      const page = allPages.find((candidate) => candidate.key === key);
      if (page !== undefined) actions.open(page.path);
    } else if (key === "p") actions.togglePause();
    else if (key === "?") actions.help();
  });
  useEffect(() => {
    if (!isEnabled) return undefined;
    let gAtMs = Number.NEGATIVE_INFINITY;
    const listen = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      const isAfterG = event.timeStamp - gAtMs <= sequenceMs;
      gAtMs = !isAfterG && event.key === "g" ? event.timeStamp : Number.NEGATIVE_INFINITY;
      onKey(event.key, isAfterG);
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, [isEnabled]);
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest("input, textarea, select, [role=menu]") !== null)
  );
}

export function ShortcutHelp({
  open,
  onOpenChange,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}) {
  const isEnabled = useShortcutsEnabled();
  const rows: readonly (readonly [keys: readonly string[], effect: string])[] = [
    ...allPages.map((page) => [["g", page.key], `Open ${page.title}`] as const),
    [["p"], "Pause or resume live updates"],
    [["?"], "Show this list"],
    [["Esc"], "Close what is open"],
  ];
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Keyboard shortcuts"
      footer={
        <span className="flex items-center gap-2">
          Single-key shortcuts
          <Switch label="Single-key shortcuts" checked={isEnabled} onChange={setShortcutsEnabled} />
        </span>
      }
    >
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {rows.map(([keys, effect]) => (
          <div key={effect} className="contents">
            <dt className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </dt>
            <dd>{effect}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
