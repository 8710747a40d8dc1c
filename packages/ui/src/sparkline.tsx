const width = 100;
const height = 30;

/**
 * The shape of the last minutes, without axes: decoration beside a figure that is written out, so it
 * is hidden from assistive technology. A `null` breaks the line; it is not drawn as zero.
 */
export function Sparkline({
  values,
  series = 1,
}: {
  values: readonly (number | null)[];
  series?: 1 | 2 | 3 | 4 | 5 | 6;
}) {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <span aria-hidden="true" className="mt-1.5 block h-[30px]" />;

  const top = Math.max(...known, 1e-9) * 1.08;
  const x = (index: number) => (index / (values.length - 1)) * width;
  const y = (value: number) => height - 1 - (value / top) * (height - 4);
  const colour = `var(--s${series})`;
  return (
    <svg
      aria-hidden="true"
      viewBox={`0 0 ${width} ${height}`}
      preserveAspectRatio="none"
      className="mt-1.5 block h-[30px] w-full overflow-visible"
    >
      {runsOf(values).map((run) => {
        const line = run.map(([index, value]) => `${x(index).toFixed(2)} ${y(value).toFixed(2)}`);
        const first = run[0]?.[0] ?? 0;
        const last = run.at(-1)?.[0] ?? 0;
        return (
          <g key={first}>
            <path
              d={`M${line.join("L")}L${x(last).toFixed(2)} ${height}L${x(first).toFixed(2)} ${height}Z`}
              fill={colour}
              style={{ opacity: "var(--area-a)" }}
            />
            <path
              d={`M${line.join("L")}`}
              fill="none"
              stroke={colour}
              strokeWidth="1.5"
              strokeLinejoin="round"
              vectorEffect="non-scaling-stroke"
            />
          </g>
        );
      })}
    </svg>
  );
}

/** Stretches of neighbouring known values, each as [index, value]. */
function runsOf(values: readonly (number | null)[]): [number, number][][] {
  const runs: [number, number][][] = [];
  let run: [number, number][] = [];
  values.forEach((value, index) => {
    if (value !== null) {
      if (run.length === 0) runs.push(run);
      run.push([index, value]);
    } else {
      run = [];
    }
  });
  return runs;
}
