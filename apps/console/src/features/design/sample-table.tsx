import { Age } from "@holo-fusion/ui/age";
import { Badge } from "@holo-fusion/ui/badge";
import { Card } from "@holo-fusion/ui/card";
import { Cell, HeaderCell, Row, RowHeader, Table } from "@holo-fusion/ui/table";

export function SampleTable() {
  return (
    <Card title="Table" subtitle="36 px rows, numbers right, worst first" flush>
      <Table caption="Sample of a table">
        <thead>
          <tr>
            <HeaderCell>Node</HeaderCell>
            <HeaderCell>State</HeaderCell>
            <HeaderCell numeric>CPU</HeaderCell>
            <HeaderCell numeric aria-sort="descending">
              Stmts /s ↓
            </HeaderCell>
            <HeaderCell>Age</HeaderCell>
          </tr>
        </thead>
        <tbody>
          <Row aria-selected>
            <RowHeader>n8</RowHeader>
            <Cell>
              <Badge kind="warn">Degraded</Badge>
            </Cell>
            <Cell numeric>91 %</Cell>
            <Cell numeric>11 960</Cell>
            <Cell>
              <Age freshness="late" text="5 s" />
            </Cell>
          </Row>
          <Row held>
            <RowHeader>n6</RowHeader>
            <Cell>
              <Badge kind="crit">No answer</Badge>
            </Cell>
            <Cell numeric className="text-ink-3">
              unknown
            </Cell>
            <Cell numeric className="text-ink-3">
              unknown
            </Cell>
            <Cell>
              <Age freshness="stale" text="47 s" />
            </Cell>
          </Row>
          <Row>
            <RowHeader>n1</RowHeader>
            <Cell>
              <Badge kind="ok">Ready</Badge>
            </Cell>
            <Cell numeric>41 %</Cell>
            <Cell numeric>8 420</Cell>
            <Cell>
              <Age freshness="fresh" text="2 s" />
            </Cell>
          </Row>
        </tbody>
      </Table>
    </Card>
  );
}
