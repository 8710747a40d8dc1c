"use client";

import { useQueryStates } from "nuqs";
import { useSyncExternalStore } from "react";
import { Icon } from "@holo-fusion/ui/icon";
import { Menu, MenuChoice, MenuItem, MenuSeparator } from "@holo-fusion/ui/menu";
import { sharedParameters } from "./search-parameters.ts";
import { setTheme } from "./set-theme.ts";
import { themes, type Theme } from "./theme.ts";

/** Who one is, and how the page is to look for them. */
export function PersonMenu({
  person,
  onHelp,
  onDesignSheet,
  onSignOut,
}: {
  person: { readonly name: string; readonly role: string };
  onHelp: () => void;
  onDesignSheet: () => void;
  onSignOut: () => void;
}) {
  const [{ tz }, setParameters] = useQueryStates(sharedParameters);
  const theme = useTheme();
  const ownZone = useOwnZone();
  const zones = [...new Set(["UTC", ownZone, tz])];
  return (
    <Menu
      trigger={
        <button
          type="button"
          className="flex flex-none items-center gap-2 rounded-2 py-1 pl-1 text-left whitespace-nowrap"
        >
          <span
            aria-hidden="true"
            className="grid size-7 place-items-center rounded-full border border-info-line bg-info-bg text-micro font-semibold text-info-fg"
          >
            {initialsOf(person.name)}
          </span>
          <span className="sr-only text-small leading-[15px] wide:not-sr-only">
            <b className="font-medium">{person.name}</b>
            <br />
            <span className="text-ink-2">{person.role}</span>
          </span>
        </button>
      }
    >
      <MenuChoice
        label="Theme"
        value={theme}
        choices={[
          { value: "light", text: "Light" },
          { value: "dark", text: "Dark" },
        ]}
        onChange={(next) => {
          const chosen = themes.find((candidate) => candidate === next);
          if (chosen === undefined) return;
          document.documentElement.dataset.theme = chosen;
          void setTheme(chosen);
        }}
      />
      <MenuSeparator />
      <MenuChoice
        label="Times in"
        value={tz}
        choices={zones.map((zone) => ({ value: zone, text: zone }))}
        onChange={(zone) => void setParameters({ tz: zone })}
      />
      <MenuSeparator />
      <MenuItem onClick={onDesignSheet}>
        <Icon name="table" /> Design sheet
      </MenuItem>
      <MenuItem onClick={onHelp}>
        <Icon name="keyboard" /> Keyboard shortcuts
      </MenuItem>
      <MenuItem onClick={onSignOut}>
        <Icon name="signOut" /> Sign out
      </MenuItem>
    </Menu>
  );
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.charAt(0) ?? "?";
  const last = words.length > 1 ? (words.at(-1)?.charAt(0) ?? "") : "";
  return `${first}${last}`.toUpperCase();
}

/** The theme in force, read from where the server put it. */
function useTheme(): Theme {
  return useSyncExternalStore(
    (notify) => {
      const observer = new MutationObserver(notify);
      observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
      return () => observer.disconnect();
    },
    () => (document.documentElement.dataset.theme === "dark" ? "dark" : "light"),
    () => "light",
  );
}

function useOwnZone(): string {
  return useSyncExternalStore(
    () => () => undefined,
    () => Intl.DateTimeFormat().resolvedOptions().timeZone,
    () => "UTC",
  );
}
