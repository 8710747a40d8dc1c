import { Cell, HeaderCell, Row, RowHeader, Table } from "./table.tsx";
import type { TimeSeriesProps } from "./time-series.tsx";

/** The chart's twin: the same points, newest first. */
export function TimeSeriesTable({ caption, ...props }: TimeSeriesProps & { caption: string }) {
  return (
    <div className="overflow-y-auto" style={{ maxHeight: props.heightPx }}>
      <Table caption={caption}>
        <thead>
          <tr>
            <HeaderCell>Time</HeaderCell>
            {props.series.map((name) => (
              <HeaderCell key={name} numeric>
                {name}
              </HeaderCell>
            ))}
          </tr>
        </thead>
        <tbody>
          {props.points.toReversed().map((point) => (
            <Row key={point.atMs}>
              <RowHeader className="font-normal">{props.formatTime(point.atMs)}</RowHeader>
              {point.values.map((value, index) => (
                <Cell key={props.series[index]} numeric>
                  {value === null ? (
                    <span className="text-ink-3">unknown</span>
                  ) : (
                    props.formatValue(value)
                  )}
                </Cell>
              ))}
            </Row>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
