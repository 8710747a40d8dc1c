import type { Metadata } from "next";
import { DesignSheet } from "../../../features/design/design-sheet.tsx";

export const metadata: Metadata = { title: "Design sheet" };

export default function DesignPage() {
  return <DesignSheet />;
}
