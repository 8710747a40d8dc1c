import { createParser, parseAsInteger, parseAsStringLiteral } from "nuqs/server";
import { isTimeZone } from "../../format/format.ts";

const parseAsTimeZone = createParser({
  parse: (text: string) => (isTimeZone(text) ? text : null),
  serialize: (zone: string) => zone,
});

/** Every page: the zone that times are written in. */
export const sharedParameters = { tz: parseAsTimeZone.withDefault("UTC") };

export const topologyViews = ["map", "table"] as const;

export const topologyParameters = {
  ...sharedParameters,
  view: parseAsStringLiteral(topologyViews).withDefault("map").withOptions({ history: "push" }),
  /** The node whose panel is open. */
  node: parseAsInteger.withOptions({ history: "push" }),
};

/** What each page understands, for the notice about what it does not. */
export const parametersOfPath: Readonly<
  Record<string, Readonly<Record<string, { parse(text: string): unknown }>>>
> = { "/": sharedParameters, "/topology": topologyParameters, "/design": sharedParameters };
