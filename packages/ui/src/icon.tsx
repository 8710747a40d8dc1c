import {
  Activity,
  ChartLine,
  Clock,
  Keyboard,
  Link,
  LogOut,
  Menu,
  Moon,
  Network,
  Pause,
  Play,
  RotateCw,
  Sun,
  TableProperties,
  type LucideIcon,
} from "lucide-react";

const icons = {
  situation: Activity,
  chart: ChartLine,
  clock: Clock,
  keyboard: Keyboard,
  link: Link,
  signOut: LogOut,
  menu: Menu,
  moon: Moon,
  topology: Network,
  pause: Pause,
  play: Play,
  retry: RotateCw,
  sun: Sun,
  table: TableProperties,
} satisfies Record<string, LucideIcon>;

export type IconName = keyof typeof icons;

/** A sign beside a word that says the same; 16 px, drawn in the text's colour. */
export function Icon({ name }: { name: IconName }) {
  const Drawing = icons[name];
  return <Drawing aria-hidden="true" size={16} strokeWidth={1.5} className="flex-none" />;
}
