import { layers } from "../../packages/engine/layers.mjs";

const names = Object.keys(layers).sort((a, b) => b.length - a.length);
const isIn = (path, layer) => path === layer || path.startsWith(`${layer}/`);

/** The layer a path below packages/engine/src belongs to; the longest name wins. */
export function layerOf(path) {
  return names.find((name) => isIn(path, name));
}

/** Whether a file of layer `from` may import `target`, a path below packages/engine/src. */
export function mayImport(from, target, isTest) {
  if (layers[from].includes("*")) return true;
  const allowed = [from, ...layers[from], ...(isTest ? ["testing"] : [])];
  const to = layerOf(target);
  if (to === undefined) return false;
  // A table entry such as `sql` stands for every layer below it.
  return allowed.some((layer) => to === layer || isIn(to, layer));
}

const layerRule = {
  create(context) {
    const file = context.filename.replaceAll("\\", "/").split("packages/engine/src/")[1];
    const from = file === undefined ? undefined : layerOf(file);
    if (from === undefined) return {};
    const isTest = file.endsWith(".test.ts");

    const check = (node) => {
      const target = node.source?.value;
      if (typeof target !== "string") return;
      if (target.startsWith("../")) {
        context.report({
          node,
          message: "Reach another folder by its #name, so that the layer shows.",
        });
        return;
      }
      if (target.startsWith("@holo-fusion/proto") && from !== "rpc" && from !== "node") {
        context.report({ node, message: "Only rpc/ speaks protobuf; give it a type of your own." });
        return;
      }
      if (!target.startsWith("#")) return;
      if (!mayImport(from, target.slice(1), isTest)) {
        context.report({
          node,
          message: `${from}/ may import ${[from, ...layers[from]].join(", ")}; not ${target}.`,
        });
      }
    };
    return {
      ImportDeclaration: check,
      ImportExpression: check,
      ExportAllDeclaration: check,
      ExportNamedDeclaration: check,
    };
  },
};

export default { meta: { name: "engine" }, rules: { layers: layerRule } };
