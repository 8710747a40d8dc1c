import type { IconName } from "@holo-fusion/ui/icon";

export interface PageEntry {
  readonly path: string;
  readonly title: string;
  readonly icon: IconName;
  /** The key that opens it after `g`. */
  readonly key: string;
}

/** Navigation in the order an operator needs it during an incident. */
export const pageGroups: readonly {
  readonly title: string;
  readonly pages: readonly PageEntry[];
}[] = [
  { title: "Now", pages: [{ path: "/", title: "Situation", icon: "situation", key: "s" }] },
  { title: "Find", pages: [{ path: "/topology", title: "Topology", icon: "topology", key: "n" }] },
];

export const allPages: readonly PageEntry[] = pageGroups.flatMap((group) => group.pages);
