import type { NodeView } from "../../cluster/view.ts";

export interface Zone {
  readonly name: string;
  /** Undefined where nothing is set that could be named. */
  readonly title: string | undefined;
  /** The region has no other zone, so its nodes may stand side by side. */
  readonly isOnly: boolean;
  readonly nodes: readonly NodeView[];
}

export interface Region {
  readonly name: string;
  readonly title: string;
  readonly zones: readonly Zone[];
}

/** Nodes in their region and zone, by name; nodes stay in the order of their ids. */
export function placesOf(nodes: readonly NodeView[]): Region[] {
  const regions = new Map<string, Map<string, NodeView[]>>();
  for (const node of nodes) {
    const region = node.locality["region"] ?? "";
    const zone = node.locality["zone"] ?? "";
    const zones = regions.get(region) ?? new Map<string, NodeView[]>();
    regions.set(region, zones);
    zones.set(zone, [...(zones.get(zone) ?? []), node]);
  }
  return [...regions]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, zones]) => ({
      name,
      title: name !== "" ? `Region ${name}` : zones.has("") ? "No locality set" : "No region set",
      zones: [...zones]
        .sort(([a], [b]) => a.localeCompare(b))
        .map(([zone, members]) => ({
          name: zone,
          title: zone !== "" ? `Zone ${zone}` : zones.size > 1 ? "No zone set" : undefined,
          isOnly: zones.size === 1,
          nodes: members,
        })),
    }));
}
