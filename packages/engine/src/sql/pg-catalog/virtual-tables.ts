import type { VirtualTableDescriptor } from "#catalog/virtual-table.ts";
import type { VirtualRows } from "#sql/execute/statement-run.ts";

export const virtualTableDescriptors: readonly VirtualTableDescriptor[] = [];

export const virtualRows: VirtualRows = { rows: () => [] };
