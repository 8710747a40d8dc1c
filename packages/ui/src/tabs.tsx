"use client";

import { Tabs as Base } from "@base-ui/react/tabs";
import type { ReactNode } from "react";

export interface TabItem {
  readonly value: string;
  readonly text: string;
  /** A count or rate beside the name. */
  readonly count?: string;
  readonly content: ReactNode;
}

/** Panels of one object, one at a time. For views of a page that belong in the URL use SegmentedLinks. */
export function Tabs({
  label,
  value,
  onChange,
  items,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
  items: readonly TabItem[];
}) {
  return (
    <Base.Root value={value} onValueChange={(next) => onChange(String(next))}>
      <Base.List
        aria-label={label}
        className="mb-4 flex gap-5 overflow-x-auto border-b border-line [scrollbar-width:none]"
      >
        {items.map((item) => (
          <Base.Tab
            key={item.value}
            value={item.value}
            className="-mb-px border-b-2 border-transparent pt-2 pb-[9px] font-medium whitespace-nowrap text-ink-2 hover:text-ink data-[active]:border-ink data-[active]:text-ink"
          >
            {item.text}
            {item.count !== undefined && (
              <span className="ml-1 font-normal text-ink-3">{item.count}</span>
            )}
          </Base.Tab>
        ))}
      </Base.List>
      {items.map((item) => (
        <Base.Panel key={item.value} value={item.value}>
          {item.content}
        </Base.Panel>
      ))}
    </Base.Root>
  );
}
