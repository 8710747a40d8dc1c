"use client";

import { useState } from "react";
import { Button } from "@holo-fusion/ui/button";
import { Card } from "@holo-fusion/ui/card";
import { Dialog } from "@holo-fusion/ui/dialog";
import { Field } from "@holo-fusion/ui/field";
import { Input } from "@holo-fusion/ui/input";
import { Kbd } from "@holo-fusion/ui/kbd";
import { Segmented } from "@holo-fusion/ui/segmented";
import { Select } from "@holo-fusion/ui/select";
import { Switch } from "@holo-fusion/ui/switch";
import { Tabs } from "@holo-fusion/ui/tabs";
import { useToast } from "@holo-fusion/ui/toast";
import { Tooltip } from "@holo-fusion/ui/tooltip";

const leases = [
  { value: "10", text: "10 minutes" },
  { value: "30", text: "30 minutes" },
  { value: "60", text: "1 hour" },
];

/** What can be pressed, chosen and typed. */
export function Controls() {
  const toast = useToast();
  const [view, setView] = useState<"map" | "table">("map");
  const [tab, setTab] = useState("now");
  const [isLive, setLive] = useState(true);
  const [lease, setLease] = useState("30");
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="grid grid-cols-1 gap-4 wide:grid-cols-2">
      <Card title="Buttons">
        <div className="grid gap-3">
          <div className="flex flex-wrap gap-2.5">
            <Button variant="primary" onClick={() => setOpen(true)}>
              Open dialog
            </Button>
            <Button
              onClick={() =>
                toast({ tone: "ok", title: "Range 41 split", detail: "65 is new. Verifying." })
              }
            >
              Show toast
            </Button>
            <Button
              variant="dangerOutline"
              onClick={() =>
                toast({
                  tone: "crit",
                  title: "Plan no longer fits",
                  detail: "Nothing was changed. This stays until it is closed.",
                })
              }
            >
              Show error
            </Button>
            <Button variant="danger">Stop now</Button>
            <Button variant="ghost">Dismiss</Button>
          </div>
          <div className="flex flex-wrap items-center gap-2.5">
            <Button disabled>Disabled</Button>
            <Button size="small">Small</Button>
            <Tooltip content="More for those who ask; nothing may stand only here.">
              <Button size="small">Hover or focus</Button>
            </Tooltip>
            <Switch label="Live" checked={isLive} onChange={setLive} />
            <Kbd>g</Kbd>
            <Kbd>n</Kbd>
          </div>
          <div>
            <Segmented
              label="View"
              value={view}
              onChange={setView}
              choices={[
                { value: "map", text: "Map" },
                { value: "table", text: "Table" },
              ]}
            />
          </div>
          <Tabs
            label="Panels of one range"
            value={tab}
            onChange={setTab}
            items={[
              { value: "now", text: "Now", content: "What is so." },
              { value: "leases", text: "Lease history", count: "4", content: "What was so." },
            ]}
          />
        </div>
      </Card>
      <Card title="Inputs">
        <div className="grid grid-cols-1 gap-3.5 small:grid-cols-2">
          <Field label="Reason" hint="Written to the audit log">
            {(control) => <Input {...control} placeholder="What made you do this?" />}
          </Field>
          <Field label="Open time, ms" error="At most 60 000">
            {(control) => <Input {...control} defaultValue="90000" />}
          </Field>
          <Field label="Lease">
            {(control) => (
              <Select id={control.id} value={lease} choices={leases} onChange={setLease} />
            )}
          </Field>
          <Field label="Not now">
            {(control) => <Input {...control} disabled defaultValue="read only" />}
          </Field>
        </div>
      </Card>
      <Dialog
        open={isOpen}
        onOpenChange={setOpen}
        title="Cancel ingest 318?"
        description="It names the object, its effect and the way back."
        footer={
          <>
            <Button onClick={() => setOpen(false)}>Keep running</Button>
            <Button variant="danger" onClick={() => setOpen(false)}>
              Cancel ingest 318
            </Button>
          </>
        }
      >
        214.6 M rows are durable and stay. A new job can start from there.
      </Dialog>
    </div>
  );
}
