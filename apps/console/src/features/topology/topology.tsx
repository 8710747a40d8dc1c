"use client";

import { useQueryStates } from "nuqs";
import { useClusterView } from "../live/live.tsx";
import { topologyParameters } from "../shell/search-parameters.ts";
import { useTimeFormat } from "../shell/time-zone.ts";
import { TopologyView } from "./topology-view.tsx";

/** Brings the data and keeps the choices in the URL; everything you can see is in TopologyView. */
export function Topology() {
  const view = useClusterView();
  const time = useTimeFormat();
  const [parameters, setParameters] = useQueryStates(topologyParameters);
  return (
    <TopologyView
      view={view}
      time={time}
      shape={parameters.view}
      openNode={parameters.node ?? undefined}
      onShape={(shape) => void setParameters({ view: shape })}
      onOpenNode={(nodeId) => void setParameters({ node: nodeId ?? null })}
    />
  );
}
