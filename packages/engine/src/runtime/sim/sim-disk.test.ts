import { expect, test } from "vitest";
import { SimClock } from "./sim-clock.ts";
import { SimDisk } from "./sim-disk.ts";
import { SimRandom } from "./sim-random.ts";

const text = (value: string) => new TextEncoder().encode(value);
const show = (bytes: Uint8Array | undefined) =>
  bytes === undefined ? undefined : new TextDecoder().decode(bytes);

function newDisk(seed: number) {
  const clock = new SimClock();
  return { clock, disk: new SimDisk(clock.time, new SimRandom(seed)) };
}

test("what was synced survives a crash; what was not is a prefix, torn, or reordered", async () => {
  const outcomes = new Set<string | undefined>();
  for (let seed = 0; seed < 200; seed++) {
    const { clock, disk } = newDisk(seed);
    await clock.run(
      (async () => {
        const view = disk.attach();
        const file = await view.open("log", "create");
        await view.syncDirectory("");
        await file.write(0, [text("one.")]);
        await file.sync();
        await file.write(4, [text("two.")]);
        await file.write(8, [text("three.")]);
      })(),
    );
    disk.crash();
    const content = show(await clock.run(disk.attach().readFile("log")));
    expect(content?.slice(0, 4)).toBe("one.");
    outcomes.add(content);
  }
  expect(outcomes).toContain("one.");
  expect(outcomes).toContain("one.two.");
  expect(outcomes).toContain("one.two.three.");
  expect(outcomes).toContain("one.tw");
  expect(outcomes).toContain("one.\0\0\0\0three.");
});

test("a write that arrives while a sync runs is not covered by it", async () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed++) {
    const { clock, disk } = newDisk(seed);
    disk.syncMsMin = 1;
    await clock.run(
      (async () => {
        const view = disk.attach();
        const file = await view.open("log", "create");
        await view.syncDirectory("");
        const sync = file.sync();
        await file.write(0, [text("late")]);
        await sync;
      })(),
    );
    disk.crash();
    if (show(await clock.run(disk.attach().readFile("log"))) === "") lost++;
  }
  expect(lost).toBeGreaterThan(0);
});

test("a new name needs its directory synced, a replaced file does not", async () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed++) {
    const { clock, disk } = newDisk(seed);
    await clock.run(
      (async () => {
        const view = disk.attach();
        const file = await view.open("dir/new", "create");
        await file.write(0, [text("x")]);
        await file.sync();
        await view.replaceFile("dir/whole", text("whole"));
      })(),
    );
    disk.crash();
    const view = disk.attach();
    expect(show(await clock.run(view.readFile("dir/whole")))).toBe("whole");
    if ((await clock.run(view.readFile("dir/new"))) === undefined) lost++;
  }
  expect(lost).toBeGreaterThan(0);
});

test("a failed sync says so and drops data", async () => {
  let lost = 0;
  for (let seed = 0; seed < 50; seed++) {
    const { clock, disk } = newDisk(seed);
    const view = disk.attach();
    const file = await clock.run(view.open("log", "create"));
    await clock.run(file.write(0, [text("gone?")]));
    disk.failSyncs(1);
    await expect(clock.run(file.sync())).rejects.toMatchObject({ condition: "io_error" });
    await clock.run(file.sync());
    if (show(await clock.run(file.read(0, 5))) !== "gone?") lost++;
  }
  expect(lost).toBeGreaterThan(0);
});

test("a full disk refuses to grow and keeps what is there", async () => {
  const { clock, disk } = newDisk(1);
  const view = disk.attach();
  const file = await clock.run(view.open("log", "create"));
  await clock.run(file.write(0, [text("12345678")]));
  disk.setCapacity(10);
  await expect(clock.run(file.write(8, [text("9abc")]))).rejects.toMatchObject({
    condition: "disk_full",
  });
  await clock.run(file.write(0, [text("XXXX")]));
  expect(show(await clock.run(file.read(0, 20)))).toBe("XXXX5678");
  expect(await clock.run(view.space())).toEqual({ freeBytes: 2, totalBytes: 10 });
});

test("a life that ended hears nothing more from the disk", async () => {
  const { clock, disk } = newDisk(1);
  const file = await clock.run(disk.attach().open("log", "create"));
  let answered = false;
  void file.sync().then(() => {
    answered = true;
  });
  disk.crash();
  await clock.time.runFor(1_000);
  expect(answered).toBe(false);
});
